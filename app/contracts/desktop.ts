/** What only a desktop with a window can do; main supplies it, `app` never sees Electron. */
export interface Desktop {
  /** Show a file in the system's file manager. */
  reveal(path: string): void;
  /** Put a picture on the clipboard, as pixels. */
  copyPicture(path: string): Promise<void>;
  /** Let the person choose a folder; null when they close the dialog. */
  chooseFolder(title: string): Promise<string | null>;
}
