import { memo, useEffect, useState, type ReactNode } from 'react';
import ChevronLeft from 'lucide-react/icons/chevron-left';
import ChevronRight from 'lucide-react/icons/chevron-right';
import Copy from 'lucide-react/icons/copy';
import Pencil from 'lucide-react/icons/pencil';
import RotateCw from 'lucide-react/icons/rotate-cw';
import type { ChatAnswer, Turn } from '../../app/contracts/conversations.js';
import { Icon, type IconComponent } from '../components/icon.js';
import { NoticeBar } from '../components/notice-bar.js';
import { Tip } from '../components/tip.js';
import { keyLabel } from '../keyboard/keys.js';
import { isMac } from '../studio/studio-store.js';
import { duration } from '../words/numbers.js';
import { useChat } from './chat-store.js';
import { EditAnswerField, EditField } from './edit-field.js';
import { endingOf, tokensWords, waitingWords } from './chat-words.js';
import { again, copyText, editTurn, goOn, lastOwnTurn, loadTokens, switchBranch } from './conversing.js';
import { liveTokens, useLive, type LiveAnswer } from './live-answer.js';
import { AnswerText } from './markdown.js';
import { RemedyFor } from './remedy.js';
import { TokensView } from './tokens-view.js';
import { useWhyNotAnswer } from './why-not-answer.js';
import { sistersOf, treeOf } from './turns-tree.js';

/** What a person said: at the right, as it was written. */
export const OwnTurn = memo(function OwnTurn({ turn }: { turn: Turn }) {
  const editing = useChat((state) => state.editing === turn.id);
  return (
    <article className="turn me" aria-label="You" data-turn={turn.id}>
      {editing ? <EditField turn={turn} /> : <p>{turn.text}</p>}
      <div className="turn-bar">
        <Branches turn={turn} />
        {editing ? null : <EditButton turn={turn} />}
      </div>
      <Unanswered turn={turn} />
    </article>
  );
});

/** The key edits what was said last, so that it is told there alone. */
function EditButton({ turn }: { turn: Turn }) {
  const last = useChat(() => lastOwnTurn()?.id === turn.id);
  return (
    <TurnButton
      icon={Pencil}
      label="Edit what you said"
      {...(last ? { keys: 'Up' } : {})}
      why={null}
      run={() => editTurn(turn.id)}
    />
  );
}

/** The end of a way without an answer: of a conversation that came from elsewhere, or was cut off. */
function Unanswered({ turn }: { turn: Turn }) {
  const last = useChat(({ conversation }) => conversation?.shown === turn.id);
  const why = useWhyNotAnswer();
  return last && why === null ? (
    <button type="button" className="quiet small outlined" onClick={() => again(turn.id)}>
      Answer this
    </button>
  ) : null;
}

/** What a model said: its words or its tokens, how it ended, and what can be done with it. */
export const AnswerTurn = memo(function AnswerTurn({ turn }: { turn: Turn }) {
  const { answer } = turn;
  const live = useLive((one) => one?.turn === turn.id);
  const editing = useChat((state) => state.editing === turn.id) && answer?.state !== 'running';
  if (editing) {
    return (
      <article className="turn it" aria-label={answer?.model.name ?? 'Answer'} data-turn={turn.id}>
        <EditAnswerField turn={turn} />
      </article>
    );
  }
  return (
    <article className="turn it" aria-label={answer?.model.name ?? 'Answer'} data-turn={turn.id}>
      {live ? <LiveBody /> : <AnswerBody turn={turn} />}
      <Notices turn={turn} />
      {answer && !live ? <EndingNotice turn={turn} answer={answer} /> : null}
      <div className="turn-bar">
        <Branches turn={turn} />
        {live || answer?.state === 'running' ? null : <AnswerButtons turn={turn} />}
        <span className="push" />
        {answer?.edited ? <span className="edited dim">Edited by you</span> : null}
        {live ? <LiveFigures /> : answer ? <Figures answer={answer} /> : null}
      </div>
    </article>
  );
});

/** What the answer before it said already is not said again. */
function Notices({ turn }: { turn: Turn }) {
  const turns = useChat(({ conversation }) => conversation?.turns);
  const { byId } = treeOf(turns ?? []);
  const before = byId.get(byId.get(turn.parent ?? '')?.parent ?? '')?.answer?.notices ?? [];
  const news = turn.answer?.notices.filter((text) => !before.includes(text)) ?? [];
  return news.map((text) => (
    <p key={text} className="note">
      {text}
    </p>
  ));
}

function AnswerBody({ turn }: { turn: Turn }) {
  const probabilities = useChat((state) => state.showProbabilities);
  const tokens = useChat(({ details }) => details.get(turn.id));
  useEffect(() => {
    if (probabilities) loadTokens(turn);
  }, [probabilities, turn]);
  if (probabilities && tokens && tokens.length > 0) return <TokensView turn={turn.id} tokens={tokens} />;
  return (
    <>
      {turn.text === '' ? null : <AnswerText text={turn.text} />}
      {probabilities && turn.answer && !turn.answer.hasTokens && turn.text !== '' ? (
        <p className="note">
          {turn.answer.edited
            ? 'You wrote this: it has no probabilities.'
            : 'The probabilities of this answer were not kept.'}
        </p>
      ) : null}
    </>
  );
}

/** Drawn once a frame at most; nothing else of the thread is drawn with it. */
function LiveBody() {
  const live = useLive((one) => one);
  const probabilities = useChat((state) => state.showProbabilities);
  if (!live) return null;
  const text = live.base + live.added;
  if (live.phase !== 'writing') {
    return (
      <>
        {text === '' ? null : <AnswerText text={text} />}
        <WaitingLine live={live} />
      </>
    );
  }
  const tokens = liveTokens(live);
  if (!probabilities || tokens.length === 0) return <AnswerText text={text} caret />;
  const before = live.baseTokens.length === 0 ? live.base : '';
  return <TokensView turn={live.turn} tokens={tokens} before={before} caret />;
}

/** Never a bare spinner: what is waited for, and for how long. */
function WaitingLine({ live }: { live: LiveAnswer }) {
  const model = useChat(
    ({ conversation }) => conversation?.turns.find(({ id }) => id === live.turn)?.answer?.model.name ?? 'the model',
  );
  const seconds = useSeconds(live.since);
  const share = live.phase === 'reading' && live.toRead > 0 ? live.read / live.toRead : 0;
  return (
    <div className="waiting" role="status" aria-live="off">
      <span className="note num">
        {live.notice ?? waitingWords(live, model, seconds)}
        {live.notice !== null && seconds >= 1 ? ` ${duration(Math.floor(seconds))}` : ''}
      </span>
      {share > 0 ? (
        <span className="bar">
          <i style={{ width: `${share * 100}%` }} />
        </span>
      ) : null}
    </div>
  );
}

/** Since then, counted while it is shown. */
function useSeconds(since: number): number {
  const [now, setNow] = useState(since);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  return Math.max(0, (now - since) / 1000);
}

function LiveFigures() {
  const tokens = useLive((live) => live?.completionTokens ?? 0);
  const rate = useLive((live) => live?.tokensPerSecond ?? null);
  return tokens === 0 ? null : <span className="num dim">{tokensWords(tokens, rate)}</span>;
}

function Figures({ answer }: { answer: ChatAnswer }) {
  const model = useOtherModel(answer);
  return answer.completionTokens === 0 ? null : (
    <span className="num dim figures">
      {model === null ? '' : `${model} · `}
      {tokensWords(answer.completionTokens, answer.tokensPerSecond)}
    </span>
  );
}

/** Whose answer it is, where another model answers now. */
function useOtherModel({ model }: ChatAnswer): string | null {
  const now = useChat(({ conversation }) => conversation?.settings.model);
  return now === model.id ? null : model.name;
}

function EndingNotice({ turn, answer }: { turn: Turn; answer: ChatAnswer }) {
  const context = useChat(({ fits }) => fits.get(answer.model.id)?.contextLength ?? null);
  const why = useWhyNotAnswer();
  const last = useChat(({ conversation }) => conversation?.shown === turn.id);
  const ending = endingOf(answer, context);
  // What a person did is no news further up.
  if (!ending || (answer.state === 'edited' && !last)) return null;
  const button: ReactNode = ending.goesOn ? (
    <button
      type="button"
      className={ending.tone === 'bad' ? 'primary' : 'quiet outlined'}
      disabled={why !== null}
      title={why ?? undefined}
      onClick={() => goOn(turn.id)}
    >
      Go on
    </button>
  ) : answer.error ? (
    <RemedyFor kind={answer.error.kind} again={{ label: 'Answer again', run: () => again(turn.id) }} />
  ) : null;
  return (
    <NoticeBar tone={ending.tone} actions={button}>
      {ending.text}
    </NoticeBar>
  );
}

function AnswerButtons({ turn }: { turn: Turn }) {
  const why = useWhyNotAnswer();
  return (
    <>
      <TurnButton icon={RotateCw} label="Answer again" keys="Ctrl+R" why={why} run={() => again(turn.id)} />
      <TurnButton icon={Pencil} label="Edit the answer" why={null} run={() => editTurn(turn.id)} />
      <TurnButton icon={Copy} label="Copy the answer" why={null} run={() => copyText(turn.text)} />
    </>
  );
}

/** ‹ 2/3 ›, where a turn has sisters. */
function Branches({ turn }: { turn: Turn }) {
  const turns = useChat(({ conversation }) => conversation?.turns);
  const sisters = turns ? sistersOf(turns, turn.id) : [];
  if (sisters.length < 2) return null;
  const at = sisters.findIndex(({ id }) => id === turn.id);
  return (
    <span className="branch" role="group" aria-label={`Branch ${at + 1} of ${sisters.length}`}>
      <TurnButton
        icon={ChevronLeft}
        label="Branch before"
        keys="Alt+Left"
        why={at === 0 ? 'This is the first.' : null}
        run={() => switchBranch(-1, turn)}
      />
      <span className="num" aria-hidden="true">
        {at + 1}/{sisters.length}
      </span>
      <TurnButton
        icon={ChevronRight}
        label="Branch after"
        keys="Alt+Right"
        why={at === sisters.length - 1 ? 'This is the last.' : null}
        run={() => switchBranch(1, turn)}
      />
    </span>
  );
}

interface TurnButtonProps {
  readonly icon: IconComponent;
  readonly label: string;
  readonly keys?: string;
  readonly why: string | null;
  readonly run: () => void;
}

/** Of one turn; the keys mean the focused or last one, so that they are told but not claimed here. */
function TurnButton({ icon, label, keys, why, run }: TurnButtonProps) {
  const key = keys === undefined ? undefined : keyLabel(keys, isMac());
  return (
    <Tip text={why ?? label} keys={key}>
      <button
        type="button"
        className="icon-button"
        aria-label={key === undefined ? label : `${label} (${key})`}
        aria-disabled={why !== null || undefined}
        onClick={() => {
          if (why === null) run();
        }}
      >
        <Icon of={icon} />
      </button>
    </Tip>
  );
}
