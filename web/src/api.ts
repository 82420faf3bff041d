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
type Verb = 'GET' | 'POST' | 'PUT' | 'DELETE';
type Bare<P extends string> = P extends `${infer Path}?${string}` ? Path : P;
type Split<P extends string> = P extends `${infer First}/${infer Rest}` ? [First, ...Split<Rest>] : [P];
type Fits<Known, Asked> = Known extends [infer K, ...infer Ks]
  ? Asked extends [infer A, ...infer As]
    ? K extends `{${string}}`
      ? Fits<Ks, As>
      : A extends K
        ? Fits<Ks, As>
        : false
    : false
  : Asked extends []
    ? true
    : false;
type Segments = { [K in keyof paths]: Split<K> };
/** The path in the document that an address is of: `/people/${number}` is of `/people/{id}`. */
type PathOf<P extends string> = P extends unknown ? KnownPath<Bare<P>> : never;
type KnownPath<P extends string> = P extends keyof paths
  ? P
  : { [K in keyof paths]: Fits<Segments[K], Split<P>> extends true ? K : never }[keyof paths];
type Operation<V extends Verb, K> = K extends keyof paths
  ? paths[K] extends { [M in Lowercase<V>]: infer Known }
    ? Known
    : never
  : never;
type Content<Responses> = {
  [Status in keyof Responses & (200 | 201)]: Responses[Status] extends {
    content: { 'application/json': infer A };
  }
    ? A
    : never;
}[keyof Responses & (200 | 201)];
/** What is answered, by the document: never written by hand. Nothing where it says that nothing is. */
export type Answer<P extends string, V extends Verb = 'GET'> =
  Operation<V, PathOf<P>> extends { responses: infer Responses }
    ? [Content<Responses>] extends [never]
      ? void
      : Content<Responses>
    : never;
/** For addresses that the document has for this verb; any other doesn't compile. */
type Has<V extends Verb, P extends string> = [Operation<V, PathOf<P>>] extends [never] ? never : unknown;
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
export const tagOf = (data: unknown) =>
  typeof data === 'object' && data !== null ? tags.get(data) : undefined;
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

/** A request; what it answers follows from verb and path. */
export async function call<V extends Verb, P extends string>(
  method: V & Has<V, P>,
  path: P,
  body?: unknown,
  etag?: string,
): Promise<Answer<P, V>> {
  return (await request(method, path, body, etag)) as Answer<P, V>;
}

/** A request to an address that is known when it is made alone: what it answers has no type. */
export async function request(method: Verb, path: string, body?: unknown, etag?: string): Promise<unknown> {
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
  if (reply.status === 204) return undefined;
  const data = await reply.json().catch(() => ({}));
  // Whatever needs it goes on where it stopped.
  if (data.type === 'proof-needed' && !reply.ok && (await prover?.()))
    return request(method, path, body, etag);
  if (!reply.ok)
    throw new ApiError(reply.status, data.title ?? troubled(reply.status), data.errors ?? [], data.type);
  const tag = reply.headers.get('etag');
  if (tag !== null && data !== null && typeof data === 'object') tags.set(data, tag);
  return data;
}

/** What a reply says that is none of the server's own: of a proxy that can't reach it, say. */
const troubled = (status: number) =>
  language() === 'ja'
    ? `サーバーで問題が起きました（${status}）。しばらくしてから再試行してください。`
    : `The server is in trouble (${status}); try again in a while.`;

export const get = async <P extends string>(path: P) => (await request('GET', path)) as Answer<P>;

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
export const asked = <P extends string>(path: P) => ({
  queryKey: [path],
  queryFn: () => get<P>(path),
});

export function useApi<P extends string>(
  path: P,
  options: { enabled?: boolean; keep?: boolean; every?: number } = {},
): UseQueryResult<Answer<P>, Error> {
  return useQuery({
    ...asked<P>(path),
    enabled: options.enabled,
    refetchInterval: options.every,
    ...(options.keep ? { placeholderData: keepPreviousData } : {}),
  }) as UseQueryResult<Answer<P>, Error>;
}

interface Page<Item> {
  items: Item[];
  next: number | null;
}
type ItemOf<List> = List extends Page<infer Item> ? Item : never;

/** A list whole, page by page. */
export function useEvery<P extends string>(path: P): UseQueryResult<{ items: ItemOf<Answer<P>>[] }, Error> {
  return useQuery({
    queryKey: [path, 'every page'],
    queryFn: async () => {
      const items: ItemOf<Answer<P>>[] = [];
      for (let next: number | null = 0; next !== null;) {
        const page = (await request('GET', `${path}?limit=500&after=${next}`)) as Page<ItemOf<Answer<P>>>;
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

export type Guideline = Schemas['Guideline'];
export type Step = Schemas['GuidelineStep'];
export type GuidelineCheck = Schemas['GuidelineCheck'];
export type GuidelineRequirement = Schemas['GuidelineRequirement'];
export type Method = Schemas['GuidelineMethod'];
export type SurveyClass = Schemas['SurveyClass'];
