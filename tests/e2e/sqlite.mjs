// Debian's sqlite3 shell, for looking at the file beside the program.
import { must } from './sekisho.mjs';

export class SqliteFile {
  constructor(path) {
    this.path = path;
  }
  column(sql) {
    return must('sqlite3', ['-batch', '-noheader', this.path, sql]).split('\n').slice(0, -1);
  }
  run(sql) {
    must('sqlite3', ['-batch', this.path, sql]);
  }
}
