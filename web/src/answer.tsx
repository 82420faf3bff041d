// Answering a question: yes, no or not applicable, with what it rests on and until when.
import { Button, FileInput, Group, Paper, Radio, Stack, Textarea } from '@mantine/core';
import { useState } from 'react';
import { call, type Check } from './api';
import { Failed } from './basics';
import { useWords } from './i18n';
import { OvertakenAnswer, useAnswer } from './overtaken';
import { manages, useCheck, useMe } from './parts';

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
  const answer = useAnswer(
    check,
    open,
    async () => {
      const kept = file
        ? await call<{ id: number }>('POST', `/attachments?name=${encodeURIComponent(file.name)}`, file)
        : null;
      return {
        reply,
        note,
        until: until || null,
        attachment: kept?.id ?? null,
      };
    },
    () => {
      setOpen(false);
      setReply('');
      setNote('');
      setFile(null);
      done?.();
    },
  );
  const { send } = answer;
  if (!spec?.asked || (!manages(me) && check.assignment?.person?.id !== me.id && !begin)) return null;
  if (!open)
    return (
      <Button size="compact-sm" variant="default" mt={4} onClick={() => setOpen(true)}>
        {t('item.answer')}
      </Button>
    );
  if (answer.other) return <OvertakenAnswer answer={answer} />;
  return (
    <Paper
      withBorder
      p="sm"
      mt="xs"
      radius="md"
      component="form"
      onSubmit={(event: React.FormEvent) => {
        event.preventDefault();
        send.mutate(undefined);
      }}
    >
      <Stack gap="sm">
        <Radio.Group label={tx(spec.title)} value={reply} onChange={setReply} required>
          <Group mt="xs">
            <Radio value="yes" label={t('item.yes')} />
            <Radio value="no" label={t('item.no')} />
            <Radio value="not_applicable" label={t('item.notapplicable')} />
          </Group>
        </Radio.Group>
        <Textarea
          label={t('item.note')}
          autosize
          minRows={1}
          value={note}
          onChange={(e) => setNote(e.currentTarget.value)}
        />
        <Group align="flex-end">
          <label style={{ fontSize: '0.875rem' }}>
            {t('item.until', { days: spec.valid_days })}
            <br />
            <input
              type="date"
              value={until}
              onChange={(e) => setUntil(e.currentTarget.value)}
              style={{ height: 34 }}
            />
          </label>
          <FileInput
            label={t('item.file')}
            value={file}
            onChange={setFile}
            clearable
            placeholder={t('app.none')}
          />
        </Group>
        {send.error && <Failed error={send.error} />}
        <Group>
          <Button type="submit" size="xs" disabled={!reply} loading={send.isPending}>
            {t('item.answer')}
          </Button>
          {!begin && (
            <Button size="xs" variant="default" onClick={() => setOpen(false)}>
              {t('app.cancel')}
            </Button>
          )}
        </Group>
      </Stack>
    </Paper>
  );
}
