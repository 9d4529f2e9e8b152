/** What only a desktop with a window can do; main supplies it, `app` never sees Electron. */
export interface Desktop {
  /** Show a file in the system's file manager. */
  reveal(path: string): void;
  /** Put a picture on the clipboard, as pixels. */
  copyPicture(path: string): Promise<void>;
  /** Begin dragging a picture's file out of the window. */
  dragPicture(path: string): void;
  /** Let the person choose a folder; null when they close the dialog. */
  chooseFolder(title: string): Promise<string | null>;
  /** Let the person choose where to save a file; null when they close the dialog. */
  chooseSave(title: string, suggestedName: string): Promise<string | null>;
  /** Let the person choose files with one of the endings (no dot); empty when they close the dialog. */
  chooseFiles(title: string, endings: readonly string[]): Promise<string[]>;
  /** Open an address (http or https, checked by `app`) in the person's own browser. */
  openLink(url: string): Promise<void>;
  /** Open a file of ours with the program that the person's system has for it. */
  openFile(path: string): Promise<void>;
}
