import type { ReactNode } from 'react';
import CircleCheck from 'lucide-react/icons/circle-check';
import Candles from 'lucide-react/icons/chart-candlestick';
import Copy from 'lucide-react/icons/copy';
import FolderOpen from 'lucide-react/icons/folder-open';
import Gauge from 'lucide-react/icons/gauge';
import Heart from 'lucide-react/icons/heart';
import Maximize from 'lucide-react/icons/maximize-2';
import Trash from 'lucide-react/icons/trash-2';
import TriangleAlert from 'lucide-react/icons/triangle-alert';
import type { AdapterCard, UsedAdapter } from '../../app/contracts/adapters.js';
import type { Picture } from '../../app/contracts/gallery.js';
import { pictureUrl } from '../../app/contracts/window.js';
import { showAdapter } from '../adapters/browsing.js';
import { ActionButton } from '../components/action-button.js';
import { Icon } from '../components/icon.js';
import { boxFor } from '../components/picture-box.js';
import { usePictureDetail } from '../studio/picture-details.js';
import { useShelf } from '../studio/shelf-store.js';
import { useStudio } from '../studio/studio-store.js';
import { bytes, count, dateTime, fixed, measured, plural, size, strengths } from '../words/numbers.js';
import { galleryActions } from './actions.js';
import { useGallery } from './gallery-store.js';
import { scoreHint, scoreWords } from './scoring.js';

/** The inspector: the chosen picture, and all it takes to make it again. */
export function Receipt() {
  const cursor = useGallery((state) => state.cursor);
  const selected = useGallery((state) => state.selected.size);
  const bin = useGallery(({ view }) => view === 'bin');
  const detail = usePictureDetail(cursor);
  return (
    <aside className="column receipt" aria-label="Chosen picture" data-region="inspector" tabIndex={-1}>
      {selected > 1 ? <Several selected={selected} bin={bin} /> : null}
      {selected <= 1 && detail ? <One picture={detail} bin={bin} /> : null}
      {selected === 0 && cursor === null ? (
        <p className="note padded">Choose a picture to see all it takes to make it again.</p>
      ) : null}
    </aside>
  );
}

function Several({ selected, bin }: { selected: number; bin: boolean }) {
  return (
    <>
      <div className="group">
        <h2 className="t18">{plural(selected, 'picture')}</h2>
      </div>
      <div className="group actions">
        {bin ? (
          <button type="button" className="primary" onClick={galleryActions.restore.run}>
            Restore {count(selected)}
          </button>
        ) : (
          <>
            <button type="button" className="quiet outlined" onClick={galleryActions.keep.run}>
              <Icon of={Heart} />
              Keep
            </button>
            <button type="button" className="quiet outlined" onClick={galleryActions.delete.run}>
              <Icon of={Trash} />
              Delete
            </button>
          </>
        )}
      </div>
      {bin ? null : (
        <div className="group actions">
          <button type="button" className="quiet outlined" onClick={galleryActions.score.run} aria-keyshortcuts="S">
            <Icon of={Gauge} />
            CLIP scores
          </button>
          <button type="button" className="quiet outlined" onClick={galleryActions.evaluate.run} aria-keyshortcuts="E">
            <Icon of={Candles} />
            Evaluate these
          </button>
        </div>
      )}
    </>
  );
}

function One({ picture, bin }: { picture: Picture; bin: boolean }) {
  const { reuse, reuseSeed, keep, copy, reveal, delete: remove, restore, fullView, score } = galleryActions;
  return (
    <>
      <Lead picture={picture} />
      <div className="group actions">
        {bin ? (
          <button type="button" className="primary" onClick={restore.run}>
            Restore
          </button>
        ) : (
          <>
            <button type="button" className="primary" onClick={reuse.run}>
              Reuse settings
            </button>
            <button type="button" className="quiet outlined" onClick={reuseSeed.run}>
              Seed only
            </button>
          </>
        )}
      </div>
      {bin ? null : (
        <div className="group icons">
          <ActionButton action={keep} icon={Heart} pressed={picture.kept} label={picture.kept ? 'Kept' : 'Keep'} />
          <ActionButton action={fullView} icon={Maximize} />
          <ActionButton action={copy} icon={Copy} />
          <ActionButton action={reveal} icon={FolderOpen} />
          <ActionButton action={score} icon={Gauge} />
          <ActionButton action={remove} icon={Trash} />
        </div>
      )}
      <Words picture={picture} />
      <Facts picture={picture} />
      <AdaptersIn adapters={picture.receipt.adapters} />
      <Notes notices={picture.receipt.notices} />
    </>
  );
}

const LEAD_WIDTH = 328;
const LEAD_TALLEST = 300;

function Lead({ picture }: { picture: Picture }) {
  const box = boxFor({ width: LEAD_WIDTH, height: LEAD_TALLEST }, picture, window.devicePixelRatio);
  return (
    <div className="lead">
      {picture.missing ? (
        <p className="note padded">Its file is gone from the disk: {picture.path}</p>
      ) : (
        <img
          src={pictureUrl(picture.id)}
          alt={picture.title}
          width={box.width}
          height={box.height}
          className={box.crisp ? 'crisp' : ''}
        />
      )}
    </div>
  );
}

function Words({ picture }: { picture: Picture }) {
  const { prompt, negative } = picture.receipt.settings;
  return (
    <div className="group">
      <p className="said">{prompt === '' ? <span className="dim">No prompt</span> : prompt}</p>
      {negative === '' ? null : (
        <p className="said dim">
          <small>Without</small> {negative}
        </p>
      )}
    </div>
  );
}

/** Words that must not part at the end of a line. */
const together = (words: string): string => words.replaceAll(' ', '\u00a0');

const HASH_SHOWN = 10;
const nameOf = (path: string): string => path.split(/[\\/]/).at(-1) ?? path;
const folderOf = (path: string): string => path.slice(0, -nameOf(path).length - 1);

function Facts({ picture }: { picture: Picture }) {
  const score = useGallery(({ pictures }) => pictures.find(({ id }) => id === picture.id)?.clipScore ?? null);
  const { settings, model, device, noise, seconds, inkstone, onnxruntime } = picture.receipt;
  const { samplers, schedules } = useStudio((state) => state.capabilities);
  const label = (list: readonly { id: string; label: string }[], id: string): string =>
    list.find((one) => one.id === id)?.label ?? id;
  const facts: { name: string; value: ReactNode }[] = [
    { name: 'Model', value: model.name },
    {
      name: 'Weights',
      value:
        model.sha256 === null ? (
          'hash not known yet'
        ) : (
          <span className="path">{model.sha256.slice(0, HASH_SHOWN)}</span>
        ),
    },
    ...(score === null
      ? []
      : [
          {
            name: 'CLIP score',
            value: <span title={scoreHint(score)}>{scoreWords(score)}</span>,
          },
        ]),
    { name: 'Size', value: size(picture.width, picture.height) },
    {
      name: 'Sampler',
      value: `${label(samplers, settings.sampler)}, ${label(schedules, settings.schedule)}, ${plural(settings.steps, 'step')}`,
    },
    { name: 'Guidance', value: fixed(settings.cfg, 1) },
    { name: 'Seed', value: `${settings.seed}, ${noise === 'cpu' ? 'CPU noise' : 'noise given'}` },
    ...(settings.clipSkip > 1 ? [{ name: 'Clip skip', value: settings.clipSkip }] : []),
    { name: 'Device', value: device },
    {
      name: 'Time',
      value: (
        <>
          {measured(seconds.total)}
          <small>
            {together(`load ${measured(seconds.load)},`)} {together(`steps ${measured(seconds.denoise)},`)}{' '}
            {together(`decode ${measured(seconds.decode)}`)}
          </small>
        </>
      ),
    },
    { name: 'Made', value: dateTime(picture.createdAt) },
    { name: 'Made with', value: `Inkstone ${inkstone}, ONNX Runtime ${onnxruntime}` },
    {
      name: 'File',
      value: (
        <>
          {nameOf(picture.path)}
          <small>
            {together(bytes(picture.bytes))} in {folderOf(picture.path)}
          </small>
        </>
      ),
    },
  ];
  return (
    <dl className="group facts num">
      {facts.map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What it was made with, as its own receipt keeps it; one that is on the shelf today opens there. */
function AdaptersIn({ adapters }: { adapters: readonly UsedAdapter[] }) {
  const cards = useShelf((state) => state.cards);
  if (adapters.length === 0) return null;
  return (
    <div className="group used-adapters">
      <h2>Adapters in it</h2>
      <ul>
        {adapters.map((used, index) => {
          const { name, receipt } = used;
          const card = cardOnShelf(used, cards);
          const matched = receipt.matched ?? 0;
          const whole = matched === receipt.total;
          return (
            <li key={`${index} ${name}`}>
              {card ? (
                <button
                  type="button"
                  className="used-name"
                  title={`Open the receipt of ${name}`}
                  onClick={() => showAdapter(card.id)}
                >
                  {name}
                </button>
              ) : (
                <span className="used-name" title="Not on the shelf now">
                  {name}
                </span>
              )}
              <span className="push num used-strengths">{strengths(used)}</span>
              <span
                className={`match num ${whole ? 'ok' : 'warn'}`}
                title={`${count(matched)} of ${count(receipt.total)} layers matched`}
              >
                <Icon of={whole ? CircleCheck : TriangleAlert} size={14} />
                {matched}/{receipt.total}
              </span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

/** Its card on the shelf: by the hash of its tensors, else by its path, else by its name; null when it is not there. */
export const cardOnShelf = ({ name, receipt }: UsedAdapter, cards: readonly AdapterCard[]): AdapterCard | null =>
  cards.find(({ hashes }) => hashes !== null && hashes.tensors === receipt.hashes.tensors) ??
  cards.find(({ path }) => path === receipt.file) ??
  cards.find((card) => card.hashes === null && card.name === name) ??
  null;

function Notes({ notices }: { notices: readonly string[] }) {
  if (notices.length === 0) return null;
  return (
    <div className="group">
      <h2>Notes</h2>
      {notices.map((text) => (
        <p key={text} className="note">
          {text}
        </p>
      ))}
    </div>
  );
}
