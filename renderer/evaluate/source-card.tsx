import { Menu } from '@base-ui/react/menu';
import ChevronDown from 'lucide-react/icons/chevron-down';
import FolderOpen from 'lucide-react/icons/folder-open';
import Images from 'lucide-react/icons/layout-dashboard';
import Sigma from 'lucide-react/icons/sigma';
import X from 'lucide-react/icons/x';
import { useState } from 'react';
import { sourcePictureUrl } from '../../app/contracts/window.js';
import { Icon } from '../components/icon.js';
import { plural } from '../words/numbers.js';
import {
  changeDraft,
  chooseFolder,
  chooseStatistics,
  lookOf,
  selectedInGallery,
  sourceKey,
  takeSource,
  type Side,
} from './drafting.js';
import { runById, useEvaluate, type Look } from './evaluate-store.js';
import { lookWords, sourceName } from './evaluate-words.js';

const sideNames: Record<Side, string> = { generated: 'Generated', reference: 'Reference' };

/** One of the two sets: its name, its first pictures, how many; and the doors to another. */
export function SourceCard({ side }: { side: Side }) {
  const source = useEvaluate(({ draft }) => draft[side]);
  const look = useEvaluate(({ looks, draft }) => lookOf(looks, draft[side]));
  const seen = look?.state === 'seen' ? look.look : null;
  // Once it is measured, the result has what was skipped, and more.
  const told = useEvaluate(({ draft, runs, open }) => {
    const measured = open?.result ? runById(runs, open.id)?.settings[side] : null;
    const chosen = draft[side];
    return Boolean(measured && chosen && sourceKey(measured) === sourceKey(chosen));
  });
  const name = seen?.label ?? (source ? sourceName(source) : null);
  return (
    <>
      <Menu.Root modal={false}>
        <Menu.Trigger
          className={`source${source ? '' : ' none'}`}
          data-drop={side}
          title={source && source.kind !== 'gallery' ? source.path : undefined}
        >
          <span className="read-only">{sideNames[side]}:</span>
          {seen && seen.shown > 0 ? <Quad token={seen.token} shown={seen.shown} /> : null}
          <span className="source-words">
            <b>{name ?? 'Choose pictures'}</b>
            <small className={`num${look?.state === 'problem' ? ' bad' : ''}`}>
              {source
                ? lookWords(look)
                : side === 'generated'
                  ? 'or drop a folder here'
                  : 'a folder or .npz; none is fine'}
            </small>
          </span>
          <Icon of={ChevronDown} />
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner className="popup-place" sideOffset={4} align="start">
            <Menu.Popup className="menu" data-popup="">
              <Choices side={side} chosen={source !== null} />
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
      {told ? null : <LookNotes look={look} />}
    </>
  );
}

function Choices({ side, chosen }: { side: Side; chosen: boolean }) {
  const ids = selectedInGallery();
  return (
    <>
      <Menu.Item className="menu-item" onClick={() => chooseFolder(side)}>
        <Icon of={FolderOpen} />
        Choose a folder…
      </Menu.Item>
      {side === 'reference' ? (
        <Menu.Item className="menu-item" onClick={chooseStatistics}>
          <Icon of={Sigma} />
          Choose statistics (.npz)…
        </Menu.Item>
      ) : null}
      <Menu.Item
        className="menu-item"
        disabled={ids.length === 0}
        onClick={() => takeSource(side, { kind: 'gallery', ids })}
      >
        <Icon of={Images} />
        {ids.length === 0
          ? 'None is selected in the gallery'
          : `${plural(ids.length, 'picture')} selected in the gallery`}
      </Menu.Item>
      {chosen ? (
        <>
          <Menu.Separator className="menu-rule" />
          <Menu.Item className="menu-item" onClick={() => changeDraft({ [side]: null })}>
            <Icon of={X} />
            {side === 'reference' ? 'No reference' : 'Choose none'}
          </Menu.Item>
        </>
      ) : null}
    </>
  );
}

function Quad({ token, shown }: { token: string; shown: number }) {
  return (
    <span className="quad" aria-hidden="true">
      {Array.from({ length: Math.min(4, shown) }, (_, index) => (
        <Thumb key={`${token} ${index}`} src={sourcePictureUrl(token, index)} />
      ))}
    </span>
  );
}

/** One that cannot be read leaves its place empty. */
function Thumb({ src }: { src: string }) {
  const [gone, setGone] = useState(false);
  return gone ? <span /> : <img src={src} alt="" decoding="async" onError={() => setGone(true)} />;
}

/** What is skipped, and what a person should know, before anything runs. */
function LookNotes({ look }: { look: Look | null }) {
  if (look?.state !== 'seen') return null;
  const { skipped, notices } = look.look;
  if (skipped.length === 0 && notices.length === 0) return null;
  return (
    <div className="look-notes">
      {notices.map((text) => (
        <p key={text} className="note">
          {text}
        </p>
      ))}
      {skipped.length > 0 ? (
        <details>
          <summary className="note">What is skipped</summary>
          <ul>
            {skipped.slice(0, SKIPPED_SHOWN).map(({ file, reason }) => (
              <li key={file} className="note">
                <b>{file}</b> {reason}
              </li>
            ))}
            {skipped.length > SKIPPED_SHOWN ? (
              <li className="note">and {plural(skipped.length - SKIPPED_SHOWN, 'other')}</li>
            ) : null}
          </ul>
        </details>
      ) : null}
    </div>
  );
}

const SKIPPED_SHOWN = 8;
