// SPDX-License-Identifier: Apache-2.0
// The console's only way to the server: /api/v1, typed by its own OpenAPI document.
import {
  QueryClient,
  keepPreviousData,
  replaceEqualDeep,
  useMutation,
  useQuery,
  useQueryClient,
  type UseQueryResult,
} from '@tanstack/react-query';
import type { components, paths } from './api.d';
import { language } from './i18n';

export type Schemas = components['schemas'];
/** What is answered to a question, by its path in the document. */
export type Answer<
  P extends { [K in keyof paths]: paths[K] extends { get: unknown } ? K : never }[keyof paths],
> = paths[P] extends { get: { responses: { 200: { content: { 'application/json': infer A } } } } }
  ? A
  : never;
export type Text = Schemas['Text'];
export type Me = Schemas['Me'];
export type Verdict = Schemas['Verdict'];
export type Status = Schemas['Status'];
export type Check = Schemas['Check'];
export type Requirement = Schemas['Requirement'];
export type Device = Schemas['Device'];
export type Share = Schemas['Share'];

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly fields: { where: string; message: string }[],
    readonly type = 'about:blank',
  ) {
    super(message);
  }
}

let csrf: string | null = null;
export const setCsrf = (value: string | null) => {
  csrf = value;
};

// Asks the person for password or second factor once more; false when they would rather not.
let prover: (() => Promise<boolean>) | null = null;
export const setProver = (ask: () => Promise<boolean>) => {
  prover = ask;
};

// What each answer's version was, by the answer.
const tags = new WeakMap<object, string>();
/** For If-Match: a change is refused (412) when what was shown is no longer so. */
export const tagOf = (data: object) => tags.get(data);
/** What was shown stays one object where nothing of it has changed; it has the version of the newest. */
const joined = (before: unknown, now: unknown): unknown => {
  const out: unknown = replaceEqualDeep(before, now);
  if (out === null || now === null || typeof out !== 'object' || typeof now !== 'object') return out;
  const tag = tags.get(now);
  if (tag === undefined) tags.delete(out);
  else tags.set(out, tag);
  return out;
};
export const isOvertaken = (error: unknown) => error instanceof ApiError && error.status === 412;

export async function call<T>(method: string, path: string, body?: unknown, etag?: string): Promise<T> {
  const headers: Record<string, string> = { 'accept-language': language() };
  if (csrf !== null) headers['x-sekisho-csrf'] = csrf;
  if (etag !== undefined) headers['if-match'] = etag;
  const upload = body instanceof Blob;
  if (body !== undefined) headers['content-type'] = upload ? 'application/octet-stream' : 'application/json';
  let reply: Response;
  try {
    reply = await fetch('/api/v1' + path, {
      method,
      headers,
      body: upload ? body : body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new ApiError(
      0,
      language() === 'ja'
        ? 'サーバーに届きません。動いているか確かめてください。'
        : 'The server cannot be reached; see whether it runs.',
      [],
    );
  }
  if (reply.status === 204) return undefined as T;
  const data = await reply.json().catch(() => ({}));
  // Whatever needs it goes on where it stopped.
  if (data.type === 'proof-needed' && !reply.ok && (await prover?.())) return call(method, path, body, etag);
  if (!reply.ok)
    throw new ApiError(reply.status, data.title ?? troubled(reply.status), data.errors ?? [], data.type);
  const tag = reply.headers.get('etag');
  if (tag !== null && data !== null && typeof data === 'object') tags.set(data, tag);
  return data as T;
}

/** What a reply says that is none of the server's own: of a proxy that can't reach it, say. */
const troubled = (status: number) =>
  language() === 'ja'
    ? `サーバーで問題が起きました（${status}）。しばらくしてから再試行してください。`
    : `The server is in trouble (${status}); try again in a while.`;

export const get = <T>(path: string) => call<T>('GET', path);

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      structuralSharing: joined,
      retry: (count, error) =>
        count < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
      // Not who we are: recovery codes may be on the screen.
      refetchOnWindowFocus: (query) => query.queryKey[0] !== '/me',
    },
  },
});

/** A question to the server, for TanStack Query. */
export const asked = <T>(path: string) => ({ queryKey: [path], queryFn: () => get<T>(path) });

export function useApi<T>(
  path: string,
  options: { enabled?: boolean; keep?: boolean; every?: number } = {},
): UseQueryResult<T, Error> {
  return useQuery({
    ...asked<T>(path),
    enabled: options.enabled,
    refetchInterval: options.every,
    ...(options.keep ? { placeholderData: keepPreviousData } : {}),
  }) as UseQueryResult<T, Error>;
}

/** A list whole, page by page. */
export function useEvery<Item>(path: string): UseQueryResult<{ items: Item[] }, Error> {
  return useQuery({
    queryKey: [path, 'every page'],
    queryFn: async () => {
      const items: Item[] = [];
      for (let next: number | null = 0; next !== null;) {
        const page: { items: Item[]; next: number | null } = await get(`${path}?limit=500&after=${next}`);
        items.push(...page.items);
        next = page.next;
      }
      return { items };
    },
  });
}

/** A change: everything that is shown is asked for again when it is done. */
export function useChange<In, Out = unknown>(run: (input: In) => Promise<Out>, done?: (out: Out) => void) {
  const client = useQueryClient();
  return useMutation<Out, Error, In>({
    mutationFn: run,
    onSuccess: async (out) => {
      await client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== '/guideline' });
      done?.(out);
    },
  });
}

// What the guideline endpoint gives, of which the API document leaves the parts open.
export interface Step {
  ja?: string;
  en?: string;
  run?: string;
}
export interface GuidelineCheck {
  id: string;
  asked: boolean;
  /** Of settings of clouds, or of their register: the organisation's, and no device's. */
  of_clouds: boolean;
  /** Of these alone: what they are evidence for. */
  serves?: string[];
  title: Text;
  /** What a question asks for at once; empty where it is one thing. */
  parts: Text[];
  why: Text;
  fix: Step[];
  /** Instead of `fix` on Windows, and on macOS; empty: its words without commands. */
  fix_windows: Step[];
  fix_darwin: Step[];
  threats: string[];
  valid_days: number;
}
export interface GuidelineRequirement {
  id: string;
  ascii_id: string;
  text: Text;
  category: string;
  priority: 'must' | 'should' | 'none';
  /** Whether the handbook gives this priority, or it is Sekisho's judgement. */
  priority_from: 'handbook' | 'project';
  /** What happens without it; the handbook's items have it. */
  why?: Text;
  /** What a measure's id was before. */
  former?: string[];
  importance: string;
  difficulty: string;
  level: 'basic' | 'advanced';
  threats: string[];
  checks: string[];
  from: { source: string; confidence: string };
  role?: string;
  pillar?: string;
  steps?: Step[];
  methods?: string[];
}
export interface Method {
  id: string;
  number: number;
  name: Text;
  definition: Text;
  intended_use: Text;
  typical: Text[];
  derived: { id: string; title: Text; text: Text }[];
  cautions: { id: string; title: Text; text: Text }[];
  grades: Record<string, { grade: string; reason: Text }>;
}
export interface Guideline {
  notice: Text;
  methods: Method[];
  measures: GuidelineRequirement[];
  checklist: GuidelineRequirement[];
  incidents: {
    number: number;
    title: Text;
    happened: Text;
    lesson: Text;
    threats: string[];
    measures: string[];
    from: { source: string; confidence: string };
  }[];
  threats: { id: string; name: Text; text: Text }[];
  glossary: { id: string; term: Text; text: Text; also: string[] }[];
  traits: { id: string; name: Text }[];
  categories: { letter: string; name: Text; description: Text }[];
  roles: { id: string; name: Text; duties: Text[] }[];
  pillars: { id: string; name: Text; points: Text[] }[];
  checks: GuidelineCheck[];
  situations: { id: string; question: Text }[];
  /** `model`: how one of its models is written; empty where the kind has none. */
  appliances: { id: string; name: Text; vpn: boolean; model: string }[];
  own_devices: Text[];
  responses: {
    id: string;
    title: Text;
    incident: number;
    /** A step's number never changes; the order may. */
    steps: { number: number; text: Text }[];
    /** For whoever reports: what to do now, and when they will hear. */
    reporter: Text[];
    hear: Text;
  }[];
  contacts: { id: string; name: Text; when: Text }[];
  duty: {
    text: Text;
    persons: Text;
    entruster: Text;
    questions: { id: string; text: Text; help: Text }[];
    basis: { text: Text; url: string }[];
  };
  survey: { all: SurveyClass; industries: SurveyClass[]; sizes: SurveyClass[] };
  flowchart: {
    questions: { id: string; text: Text; help: Text; options: { id: string; label: Text }[] }[];
    nodes: { id: string; question: string; method: string; next: Record<string, string> }[];
  };
}
export interface SurveyClass {
  id: string;
  name: Text;
  n: number;
  out_of_support: number;
}
