// Writes src/api/generated/schema.d.ts from the published description of the API, and leaves the file alone when
// nothing changed. Paths the description does not have yet come from the interim file.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';

const PUBLISHED = process.env.OPENAPI ?? '../docs/openapi.json';
const INTERIM = 'src/api/openapi.interim.json';
const OUT = 'src/api/generated/schema.d.ts';

const description = JSON.parse(readFileSync(PUBLISHED, 'utf8'));
if (existsSync(INTERIM)) {
  const interim = JSON.parse(readFileSync(INTERIM, 'utf8'));
  description.paths = { ...interim.paths, ...description.paths };
  description.components.responses = { ...interim.components.responses, ...description.components.responses };
}
const text = astToString(await openapiTS(description));
mkdirSync('src/api/generated', { recursive: true });
if (!existsSync(OUT) || readFileSync(OUT, 'utf8') !== text) writeFileSync(OUT, text);
