// SPDX-License-Identifier: Apache-2.0
// A dialog over the page.
import { Group, Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import { useWords } from './i18n';

/** Without Modal.Header, which would be a second banner of the page. */
export function Dialog({
  title,
  close,
  children,
}: {
  title: string;
  close: () => void;
  children: ReactNode;
}) {
  const { t } = useWords();
  return (
    <Modal.Root opened onClose={close}>
      <Modal.Overlay />
      <Modal.Content>
        <Modal.Body pt="md">
          <Group justify="space-between" wrap="nowrap" align="flex-start" mb="xs">
            <Modal.Title>{title}</Modal.Title>
            <Modal.CloseButton aria-label={t('app.close')} />
          </Group>
          {children}
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
