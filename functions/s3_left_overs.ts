/** Finds what killed processes left in a bucket: parts of uploads that were not completed, and completed ones that no key names. */

import { readText, type S3Client } from "./s3_client.ts";
import { abortUpload, DATA, deleteObject, headArtifact, keyOfData, listObjects, xmlValue } from "./s3_objects.ts";

const PURPOSE = "remove left-overs";

/**
 * Removes what is older than `age` ms by the server's clock and belongs to no artifact.
 *
 * @returns the names of the objects and uploads that it removed @throws {DataError} if the server refuses or is away
 */
export async function removeLeftOvers(client: S3Client, age: number): Promise<string[]> {
  const before = await serverTime(client) - age;
  return [...await removeUploads(client, before), ...await removeData(client, before)];
}

async function removeUploads(client: S3Client, before: number): Promise<string[]> {
  const query = { uploads: "", prefix: client.prefix + DATA };
  const removed: string[] = [];
  for (let isTruncated = true; isTruncated;) {
    const text = await client.call(
      { method: "GET", name: "", purpose: PURPOSE, query, expect: [200] },
      ({ stream }) => readText(stream),
    );
    let count = 0;
    for (const [, entry = ""] of text.matchAll(/<Upload>(.*?)<\/Upload>/gs)) {
      const [key, uploadId, initiated] = [
        xmlValue(entry, "Key"),
        xmlValue(entry, "UploadId"),
        xmlValue(entry, "Initiated"),
      ];
      if (key === null || uploadId === null || initiated === null || !key.startsWith(client.prefix + DATA)) continue;
      if (!(Date.parse(initiated) < before)) continue;
      const name = key.slice(client.prefix.length);
      await abortUpload(client, { name, uploadId, purpose: PURPOSE });
      removed.push(name);
      count++;
    }
    // What was removed makes room for the next ones; a list full of young uploads is the last that is looked at.
    isTruncated = xmlValue(text, "IsTruncated") === "true" && count > 0;
  }
  return removed;
}

async function removeData(client: S3Client, before: number): Promise<string[]> {
  const removed: string[] = [];
  for await (const { name, modified } of listObjects(client, DATA, { purpose: PURPOSE })) {
    const key = keyOfData(name);
    if (key === null || !(modified.getTime() < before)) continue;
    const artifact = await headArtifact(client, key, { purpose: PURPOSE });
    if (artifact?.name === name) continue;
    await deleteObject(client, name, PURPOSE);
    removed.push(name);
  }
  return removed;
}

function serverTime(client: S3Client): Promise<number> {
  return client.call({ method: "HEAD", name: "", purpose: PURPOSE, expect: [200] }, ({ response }) => {
    const time = Date.parse(response.headers.get("date") ?? "");
    return Number.isNaN(time) ? Date.now() : time;
  });
}
