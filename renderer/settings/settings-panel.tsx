import { useEffect, useState, type ReactNode } from 'react';
import TriangleAlert from 'lucide-react/icons/triangle-alert';
import type { Device } from '../../app/contracts/capabilities.js';
import { ask, asStudioError } from '../bridge.js';
import { Icon } from '../components/icon.js';
import { Segments } from '../components/segments.js';
import { setPreferences } from '../studio/preferences.js';
import { asPanel } from '../shell/shell-store.js';
import { useStudio } from '../studio/studio-store.js';
import { shellActions } from '../shell/actions.js';

/** Small on purpose: how it looks, what it runs on, where things lie, what it is made of. */
export function SettingsPanel() {
  return (
    <div className="settings" data-region="main" tabIndex={-1}>
      <div className="settings-page">
        <Look />
        <DeviceChoice />
        <Files />
        <About />
      </div>
    </div>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <div className="settings-rows">{children}</div>
    </section>
  );
}

function Row({ label, note, children }: { label: string; note?: ReactNode; children: ReactNode }) {
  return (
    <div className="settings-row">
      <div>
        <b>{label}</b>
        {note === undefined ? null : <p className="note">{note}</p>}
      </div>
      {children}
    </div>
  );
}

function Look() {
  const theme = useStudio(({ preferences }) => preferences.theme);
  const surround = useStudio(({ preferences }) => preferences.surround);
  return (
    <Section title="Look">
      <Row label="Theme">
        <Segments
          label="Theme"
          value={theme}
          options={[
            { id: 'system', label: 'As the system' },
            { id: 'dark', label: 'Dark' },
            { id: 'light', label: 'Light' },
          ]}
          onChange={(next) => setPreferences({ theme: next })}
        />
      </Row>
      <Row
        label="Surround"
        note={
          <>
            What lies behind a picture; <kbd>B</kbd> goes to the next
          </>
        }
      >
        <Segments
          label="Surround"
          value={surround}
          options={[
            { id: 'theme', label: 'Theme' },
            { id: 'black', label: 'Black' },
            { id: 'grey', label: 'Grey' },
            { id: 'white', label: 'White' },
          ]}
          onChange={(next) => setPreferences({ surround: next })}
        />
      </Row>
      <Row label="Keys" note="Everything can be done by keyboard">
        <button type="button" className="quiet outlined" onClick={shellActions.keyMap.run}>
          Keyboard map<kbd>?</kbd>
        </button>
      </Row>
    </Section>
  );
}

function DeviceChoice() {
  const chosen = useStudio(({ preferences }) => preferences.device);
  const inUse = useStudio(({ engine }) => engine.device);
  const open = useStudio(({ preferences }) => asPanel(preferences.panel) === 'settings');
  const [devices, setDevices] = useState<readonly Device[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    if (!open || devices) return;
    ask('studio.devices', {}).then(setDevices, (error: unknown) => setProblem(asStudioError(error).message));
  }, [open, devices]);
  return (
    <Section title="Device">
      <div className="device-list" role="radiogroup" aria-label="Device">
        <DeviceRow
          id="auto"
          name="Automatic"
          note={inUse ? `Now ${inUse.name} · ${inUse.id}` : 'The fastest that answers and is proven'}
          chosen={chosen === 'auto'}
        />
        {devices?.map((device) => (
          <DeviceRow
            key={device.id}
            id={device.id}
            name={`${device.name} · ${device.id}`}
            note={
              device.reason ??
              (device.slow ? 'Answers, but slower than the processor: its driver is software' : 'Answers')
            }
            chosen={chosen === device.id}
            disabled={!device.available}
            unproven={!device.proven}
          />
        ))}
      </div>
      {devices || problem ? null : <p className="note">Asking the devices</p>}
      {problem ? (
        <p className="note" role="alert">
          {problem}
        </p>
      ) : null}
      <p className="note">
        “Unproven” means that no machine at hand could run the checks on it. Nothing falls back to another device
        silently. A change takes effect with the next job.
      </p>
    </Section>
  );
}

interface DeviceRowProps {
  readonly id: 'auto' | Device['id'];
  readonly name: string;
  readonly note: string;
  readonly chosen: boolean;
  readonly disabled?: boolean;
  readonly unproven?: boolean;
}

function DeviceRow({ id, name, note, chosen, disabled = false, unproven = false }: DeviceRowProps) {
  return (
    <label className={`device${disabled ? ' off' : ''}`}>
      <input
        type="radio"
        name="device"
        checked={chosen}
        disabled={disabled}
        onChange={() => setPreferences({ device: id })}
      />
      <span>
        <b>{name}</b>
        <small title={note}>{note}</small>
      </span>
      {unproven ? (
        <span className="match warn">
          <Icon of={TriangleAlert} size={14} />
          unproven
        </span>
      ) : null}
    </label>
  );
}

function Files() {
  const home = useStudio((state) => state.home);
  return (
    <Section title="Files">
      <Row
        label="Where the studio keeps its things"
        note="Pictures, queue and library. Your models stay where they are."
      >
        <span className="path-box">{home}</span>
      </Row>
      <Row
        label="Network"
        note="No telemetry, no updates, no remote pictures: the studio asks the network for nothing."
      >
        <span className="badge">off</span>
      </Row>
    </Section>
  );
}

function About() {
  const version = useStudio((state) => state.version);
  const runtime = useStudio((state) => state.capabilities.versions.onnxruntime);
  const models = useStudio((state) => state.models);
  const embedded = models.filter((model) => model.embedded);
  return (
    <Section title="About">
      <Row label={`Inkstone Studio ${version}`} note={`ONNX Runtime ${runtime}`}>
        <span />
      </Row>
      {embedded.map(({ id, name, card }) => (
        <Row
          key={id}
          label={name}
          note={
            <>{[card?.description, card?.source, card?.licence].filter(Boolean).join(' ') || 'Comes with the studio'}</>
          }
        >
          <span />
        </Row>
      ))}
    </Section>
  );
}
