// Each lint rule the code base relies on, seen failing once.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

function lint(source) {
  const folder = mkdtempSync(join(tmpdir(), 'console-rules-'));
  try {
    const file = join(folder, 'example.ts');
    writeFileSync(file, source);
    return spawnSync('node_modules/.bin/biome', ['lint', '--config-path=.', file], { encoding: 'utf8' })
      .stderr;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the linter refuses', () => {
  it.each([
    [
      'the root of zod, which costs 90 KB',
      "import * as z from 'zod';\nexport const s = z.string();\n",
      'noRestrictedImports',
    ],
    [
      "another feature's inside",
      "export { deviceQuery } from '../features/devices/queries';\n",
      'noRestrictedImports',
    ],
    ['a default export', 'export default 1;\n', 'noDefaultExport'],
    ['any', 'export const x: any = 1;\n', 'noExplicitAny'],
    ['a non-null assertion', 'export const x = (y?: string) => y!.length;\n', 'noNonNullAssertion'],
  ])('%s', (_what, source, rule) => {
    expect(lint(source)).toContain(rule);
  });
});
