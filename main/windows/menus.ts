import { Menu, type WebContents } from 'electron';

/** macOS needs a menu for its editing keys; elsewhere they work without one, and a menu bar would only be in the way. */
export function setApplicationMenu(): void {
  Menu.setApplicationMenu(
    process.platform === 'darwin'
      ? Menu.buildFromTemplate([{ role: 'appMenu' }, { role: 'editMenu' }, { role: 'windowMenu' }])
      : null,
  );
}

/** The right mouse button on text: what a text field or a selection offers anywhere else. */
export function offerEditMenu(contents: WebContents): void {
  contents.on('context-menu', (_event, { isEditable, selectionText, editFlags }) => {
    if (isEditable) {
      Menu.buildFromTemplate([
        { role: 'undo', enabled: editFlags.canUndo },
        { role: 'redo', enabled: editFlags.canRedo },
        { type: 'separator' },
        { role: 'cut', enabled: editFlags.canCut },
        { role: 'copy', enabled: editFlags.canCopy },
        { role: 'paste', enabled: editFlags.canPaste },
        { role: 'selectAll', enabled: editFlags.canSelectAll },
      ]).popup();
    } else if (selectionText !== '') {
      Menu.buildFromTemplate([{ role: 'copy' }]).popup();
    }
  });
}
