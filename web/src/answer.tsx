// SPDX-License-Identifier: Apache-2.0
// Answering a question: yes, no or not applicable, with what it rests on and until when.
import { Button, Checkbox, FileInput, Group, Paper, Radio, Stack, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { call, type Check, type Text } from './api';
import { Failed } from './basics';
import { Field, Form } from './form';
import { useWords } from './i18n';
import { OvertakenAnswer, useAnswer } from './overtaken';
import { manages, useCheck, useMe } from './parts';

/** Which parts of what is asked are so. */
export function PartBoxes({
  of,
  value,
  set,
}: {
  of: Text[];
  value: number[];
  set: (value: number[]) => void;
}) {
  const { t, tx } = useWords();
  return (
    <Field at="/parts">
      <Checkbox.Group
        label={t('ask.parts')}
        value={value.map(String)}
        onChange={(values) => set(values.map(Number).sort())}
      >
        <Stack gap={6} mt="xs">
          {of.map((part, at) => (
            <Checkbox key={at} value={String(at)} label={tx(part)} />
          ))}
        </Stack>
      </Checkbox.Group>
    </Field>
  );
}

export function AnswerForm({
  check,
  begin = false,
  done,
}: {
  check: Pick<Check, 'id' | 'assignment' | 'evidence'>;
  begin?: boolean;
  done?: () => void;
}) {
  const { t, tx } = useWords();
  const me = useMe();
  const spec = useCheck(check.id);
  const [open, setOpen] = useState(begin);
  const [reply, setReply] = useState('');
  const [note, setNote] = useState('');
  const [until, setUntil] = useState('');
  const [file, setFile] = useState<File | null>(null);
  const [parts, setParts] = useState<number[]>([]);
  const answer = useAnswer(
    check,
    open,
    async () => {
      const kept = file
        ? await call('POST', `/attachments?name=${encodeURIComponent(file.name)}`, file)
        : null;
      return {
        reply,
        ...(reply === 'partly' ? { parts } : {}),
        note,
        until: until || null,
        attachment: kept?.id ?? null,
      };
    },
    () => {
      setOpen(false);
      setReply('');
      setParts([]);
      setNote('');
      setFile(null);
      done?.();
    },
  );
  const { send } = answer;
  const someParts = reply !== 'partly' || (parts.length > 0 && parts.length < (spec?.parts.length ?? 0));
  if (!spec?.asked || (!manages(me) && check.assignment?.person?.id !== me.id && !begin)) return null;
  if (!open)
    return (
      <Button size="compact-sm" variant="default" mt={4} onClick={() => setOpen(true)}>
        {t('item.answer')}
      </Button>
    );
  if (answer.other) return <OvertakenAnswer answer={answer} />;
  return (
    <Paper withBorder p="sm" mt="xs" radius="md">
      <Form error={send.error} submit={() => send.mutate(undefined)}>
        <Stack gap="sm">
          <Field at="/reply">
            <Radio.Group label={tx(spec.title)} value={reply} onChange={setReply} required>
              <Group mt="xs">
                <Radio value="yes" label={t('item.yes')} />
                <Radio value="no" label={t('item.no')} />
                {spec.parts.length > 0 && <Radio value="partly" label={t('ask.partly')} />}
                <Radio value="not_applicable" label={t('item.notapplicable')} />
              </Group>
            </Radio.Group>
          </Field>
          {reply === 'partly' && <PartBoxes of={spec.parts} value={parts} set={setParts} />}
          <Field at="/note">
            <Textarea
              label={t('item.note')}
              autosize
              minRows={1}
              value={note}
              onChange={(e) => setNote(e.currentTarget.value)}
            />
          </Field>
          <Group align="flex-end">
            <Field at="/until">
              <TextInput
                type="date"
                label={t('item.until', { days: spec.valid_days })}
                value={until}
                onChange={(e) => setUntil(e.currentTarget.value)}
              />
            </Field>
            <Field at="/attachment">
              <FileInput
                label={t('item.file')}
                value={file}
                onChange={setFile}
                clearable
                clearButtonProps={{ 'aria-label': t('app.file.clear') }}
                placeholder={t('app.none')}
              />
            </Field>
          </Group>
          {send.error && <Failed error={send.error} />}
          <Group>
            <Button type="submit" size="xs" disabled={!reply || !someParts} loading={send.isPending}>
              {t('item.answer')}
            </Button>
            {!begin && (
              <Button size="xs" variant="default" onClick={() => setOpen(false)}>
                {t('app.cancel')}
              </Button>
            )}
          </Group>
        </Stack>
      </Form>
    </Paper>
  );
}
