import { useEffect, useState } from 'react';
import FolderPlus from 'lucide-react/icons/folder-plus';
import Image from 'lucide-react/icons/image';
import { Icon } from '../components/icon.js';
import { useStudio } from '../studio/studio-store.js';
import { dropFiles, wordsFor, type DropWords } from './dropping.js';

/** Names what each dropped thing will become, before it is let go. */
export function DropVeil() {
  const [words, setWords] = useState<DropWords | null>(null);
  useEffect(() => {
    let depth = 0;
    const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
    const enter = (event: DragEvent): void => {
      if (!carriesFiles(event) || !event.dataTransfer) return;
      depth += 1;
      setWords(wordsFor([...event.dataTransfer.items]));
    };
    const leave = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setWords(null);
    };
    const over = (event: DragEvent): void => {
      if (!carriesFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'copy';
    };
    const drop = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      depth = 0;
      setWords(null);
      dropFiles(droppedItems(event.dataTransfer), placeUnder(event));
    };
    window.addEventListener('dragenter', enter);
    window.addEventListener('dragleave', leave);
    window.addEventListener('dragover', over);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragenter', enter);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('dragover', over);
      window.removeEventListener('drop', drop);
    };
  }, []);
  const onEvaluate = useStudio(({ preferences }) => preferences.panel === 'evaluate');
  if (!words) return null;
  if (onEvaluate) return <EvaluateVeil {...words} />;
  return (
    <div className="drop-veil" aria-hidden="true">
      {words.pictures > 0 ? (
        <p>
          <Icon of={Image} size={32} />
          <b>{words.pictures === 1 ? 'A picture' : `${words.pictures} pictures`}</b>
          {words.pictures === 1
            ? 'Its settings are read and offered'
            : 'The settings of the first are read and offered'}
        </p>
      ) : null}
      {words.others > 0 ? (
        <p>
          <Icon of={FolderPlus} size={32} />
          <b>{words.others === 1 ? 'A file or folder' : `${words.others} files or folders`}</b>
          LoRA files go on the shelf, model folders into the library; each is used where it lies
        </p>
      ) : null}
    </div>
  );
}

/** On Evaluate a folder is a set of pictures. */
function EvaluateVeil({ pictures, others }: DropWords) {
  return (
    <div className="drop-veil" aria-hidden="true">
      {others > 0 ? (
        <p>
          <Icon of={FolderPlus} size={32} />
          <b>{others === 1 ? 'A folder or file' : `${others} folders or files`}</b>
          Folders are the generated pictures, then the reference; .npz is statistics, text is prompts, weights are a
          network
        </p>
      ) : null}
      {pictures > 0 ? (
        <p>
          <Icon of={Image} size={32} />
          <b>{pictures === 1 ? 'A picture' : `${pictures} pictures`}</b>
          Drop the folder that holds {pictures === 1 ? 'it' : 'them'}
        </p>
      ) : null}
    </div>
  );
}

/** What the card under the pointer takes. */
const placeUnder = ({ target }: DragEvent): string | null =>
  target instanceof Element ? (target.closest('[data-drop]')?.getAttribute('data-drop') ?? null) : null;

/** Files and folders look alike but for their entry, which only lives as long as the event. */
function droppedItems(transfer: DataTransfer | null): { file: File; isFolder: boolean }[] {
  return [...(transfer?.items ?? [])].flatMap((item) => {
    const file = item.kind === 'file' ? item.getAsFile() : null;
    return file ? [{ file, isFolder: item.webkitGetAsEntry()?.isDirectory ?? false }] : [];
  });
}
