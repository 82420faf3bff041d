// SPDX-License-Identifier: Apache-2.0
// Words of the setting guides, in Japanese and English side by side.
export const cloudGuides = {
  'guides.title': ['設定ガイド', 'Setting guides'],
  'guides.text': [
    'サービスごとに、何をどう設定するか、どこを押すか、何を守るためかを示します。設定を読んであれば、この会社の今の状態も付きます。',
    'For each service: what to set to what, where to press, and what that protects. Where settings were read, how they are here now.',
  ],
  'guides.of': ['{{name}} の設定ガイド', 'Setting guide: {{name}}'],
  'guides.inuse': ['使っているサービス', 'Services in use'],
  'guides.others': ['ほかのサービス（{{n}}）', 'Other services ({{n}})'],
  'guides.noneinuse': [
    '台帳に、設定を読めるサービスがまだありません。クラウドと会議のページで、使っているサービスを加えてください。',
    'The register has no service whose settings can be read. Add what is in use on the page Clouds and meetings.',
  ],
  'guides.counts': [
    '要対応 {{open}} · 問題なし {{right}} · 全部で {{all}}',
    '{{open}} to fix · {{right}} good · {{all}} in all',
  ],
  'guides.read': ['{{day}} 以降の設定による', 'By settings of {{day}} or later'],
  'guides.never': ['まだ読んでいません', 'Never read'],
  'guides.print': ['印刷する', 'Print'],
  'guides.all': ['すべての設定ガイド', 'All setting guides'],
  'guides.clouds': ['クラウドと会議へ', 'To Clouds and meetings'],
  'guides.beside': ['そのほかの設定', 'Other settings'],
  'guides.severe': [
    '外に開くもの・パスワードだけで入れるもの',
    'Open to the world, or entered with a password alone',
  ],
  'guides.set': ['安全な設定', 'Set to'],
  'guides.where': ['押す場所', 'Where'],
  'guides.why': ['理由', 'Why'],
  'guides.source': ['出典', 'Source'],
  'guides.ours': ['このプロジェクトの考え', 'The project’s own'],
  'guides.menus': [
    'メニューの名前は、提供元の画面の改訂で変わることがあります。契約によっては、ない設定もあります。',
    'Makers rename their menus at times, and some contracts lack some settings.',
  ],
  'guides.ofcheck': ['この確認項目に関わる設定', 'Settings that decide this check'],
  'guides.nothing': [
    'この確認項目を決める設定は、読めるサービスにありません。',
    'No setting of a service that can be read decides this check.',
  ],
} as const satisfies Record<string, readonly [string, string]>;
