// Writes src/api/schema.d.ts from the OpenAPI file, and leaves it alone when nothing changed.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';

const PUBLISHED = '../docs/openapi.json';
const INTERIM = 'src/api/openapi.interim.json';
const OUT = 'src/api/generated/schema.d.ts';

const source = existsSync(INTERIM) ? INTERIM : PUBLISHED;
const text = astToString(await openapiTS(JSON.parse(readFileSync(source, 'utf8'))));
mkdirSync('src/api/generated', { recursive: true });
if (!existsSync(OUT) || readFileSync(OUT, 'utf8') !== text) writeFileSync(OUT, text);
