// SPDX-License-Identifier: Apache-2.0
// Errors of a form stand at the field that they are about: the server names it by its place in what was sent (a JSON
// pointer), the form knows which field that is, says what is wrong there and takes the person to the first.
import { TextInput } from '@mantine/core';
import {
  cloneElement,
  createContext,
  useContext,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  type FormEvent,
  type ReactElement,
  type ReactNode,
} from 'react';
import { ApiError } from './api';
import { useWords } from './i18n';

/** A field that takes what is wrong with the whole of what was sent: a file, a list. */
export const everything = '*';

interface Around {
  error: Error | null;
  places: Set<string>;
}
const AroundContext = createContext<Around | null>(null);

type Wrong = ApiError['fields'][number];
const wrongIn = (error: Error | null): Wrong[] => (error instanceof ApiError ? error.fields : []);

/** The field that has it, or a part of it. */
function placeOf(where: string, places: Set<string>): string | undefined {
  for (let at = where; at.startsWith('/'); at = at.slice(0, at.lastIndexOf('/')))
    if (places.has(at)) return at;
  return undefined;
}

/** Of what is wrong, that which no field of the form around shows. */
export function useUnplaced(error: Error): Wrong[] {
  const around = useContext(AroundContext);
  const wrong = wrongIn(error);
  if (around === null || around.error !== error) return wrong;
  return wrong.filter((one) => placeOf(one.where, around.places) === undefined);
}

/** Fields whose errors stand at them; where that is no form of its own, but a part of a page. */
export function Errors({ error, children }: { error: Error | null; children: ReactNode }) {
  const root = useRef<HTMLDivElement>(null);
  const places = useRef(new Set<string>());
  useEffect(() => {
    if (error === null) return;
    const first = root.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
    first?.focus();
  }, [error]);
  return (
    <AroundContext value={{ error, places: places.current }}>
      <div ref={root}>{children}</div>
    </AroundContext>
  );
}

export function Form({
  error,
  submit,
  children,
}: {
  error: Error | null;
  submit?: () => void;
  children: ReactNode;
}) {
  return (
    <Errors error={error}>
      {/* The browser would say the same in a language of its own, and one thing at a time. */}
      <form
        noValidate
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          submit?.();
        }}
      >
        {children}
      </form>
    </Errors>
  );
}

interface Input {
  label?: ReactNode;
  'aria-label'?: string;
  error?: ReactNode;
  'aria-invalid'?: boolean;
  wrapperProps?: object;
}

/** The input of one place in what is sent, `/smtp/url` say: says what is wrong with it. */
export function Field({ at, children }: { at: string; children: ReactElement<Input> }) {
  const { t } = useWords();
  const around = useContext(AroundContext);
  const places = around?.places;
  useLayoutEffect(() => {
    places?.add(at);
    return () => {
      places?.delete(at);
    };
  }, [places, at]);
  // By its name: signing in would load both for nothing.
  const { displayName = '' } = children.type as { displayName?: string };
  const group = displayName.endsWith('Group');
  const input = children.props;
  const error = around?.error ?? null;
  const why =
    at === everything
      ? error?.message
      : wrongIn(error)
          .filter((one) => placeOf(one.where, places!) === at)
          .map((one) => one.message)
          .join(' ');
  const wrong = Boolean(why);
  const id = useId();
  useLayoutEffect(() => {
    if (!group) return;
    // The boxes of a group are given none of its properties.
    for (const box of document.getElementById(id)?.querySelectorAll('input') ?? [])
      if (wrong) box.setAttribute('aria-invalid', 'true');
      else box.removeAttribute('aria-invalid');
  });
  const field = input.label ?? input['aria-label'];
  return cloneElement(children, {
    ...(wrong ? { error: typeof field === 'string' ? t('form.wrong', { field, why }) : why } : {}),
    ...(group ? { wrapperProps: { ...input.wrapperProps, id } } : { 'aria-invalid': wrong }),
  });
}

/** Who somebody new is: their name and address. */
export function NewPerson({
  name,
  setName,
  email,
  setEmail,
}: {
  name: string;
  setName: (name: string) => void;
  email: string;
  setEmail: (email: string) => void;
}) {
  const { t } = useWords();
  return (
    <>
      <Field at="/name">
        <TextInput
          label={t('setup.name')}
          required
          value={name}
          onChange={(e) => setName(e.currentTarget.value)}
        />
      </Field>
      <Field at="/email">
        <TextInput
          label={t('enter.email')}
          type="email"
          required
          value={email}
          onChange={(e) => setEmail(e.currentTarget.value)}
        />
      </Field>
    </>
  );
}
