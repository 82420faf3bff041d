// SPDX-License-Identifier: Apache-2.0
// Debian's sqlite3 shell, for looking at the file beside the program.
import { must } from './sekisho.mjs';

// The server may be writing.
const waits = ['-cmd', '.timeout 20000'];

export class SqliteFile {
  constructor(path) {
    this.path = path;
  }
  column(sql) {
    return must('sqlite3', ['-batch', '-noheader', ...waits, this.path, sql])
      .split('\n')
      .slice(0, -1);
  }
  run(sql) {
    must('sqlite3', ['-batch', ...waits, this.path, sql]);
  }
}
