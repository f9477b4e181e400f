// Writes src/api/generated/schema.d.ts from the published description of the API, and leaves the file alone when
// nothing changed.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';

const DESCRIPTION = '../docs/openapi.json';
const OUT = 'src/api/generated/schema.d.ts';

const text = astToString(await openapiTS(JSON.parse(readFileSync(DESCRIPTION, 'utf8'))));
mkdirSync('src/api/generated', { recursive: true });
if (!existsSync(OUT) || readFileSync(OUT, 'utf8') !== text) writeFileSync(OUT, text);
