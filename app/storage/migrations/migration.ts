/** One step of the database from an older form to a newer one. Never changed once released: a new step is a new file. */
export interface Migration {
  /** 1, 2, 3 ...; kept in SQLite's `user_version`. */
  readonly version: number;
  /** What the step brings, for the log. */
  readonly name: string;
  readonly sql: string;
}
