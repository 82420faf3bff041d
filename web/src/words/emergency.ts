// SPDX-License-Identifier: Apache-2.0
// Words of emergency access, in Japanese and English side by side.
export const emergency = {
  'emergency.title': ['緊急アクセス', 'Emergency access'],
  'emergency.text': [
    '管理者が誰もサインインできないとき（二要素認証をなくした、会社のアカウントの障害など）のための、紙に残すコードです。コードは一度だけ使えます。開くと、決めた時間だけ、ポリシーにかかわらずコンソールとアプリケーションを使え、管理者と経営者全員に通知されます。無効・一時停止中のアカウントは開けません。',
    'A code on paper for when no administrator can sign in: a second factor lost, the company account down. It works once. For the hours that you set it opens the console and the applications past the policy, and every administrator and executive is told. It does not open an account that is disabled or suspended.',
  ],
  'emergency.advice': [
    '封筒に入れて封をし、施錠できる場所に保管してください。年に一度は実際に開いて確かめ、新しいコードに替えることを勧めます。',
    'Seal it in an envelope and lock it away. Open one once a year to see that it works, and seal a new one.',
  ],
  'emergency.none': [
    '封印されたコードがありません。誰もサインインできなくなったときの入口がありません。',
    'No code is sealed: there is no way in should nobody be able to sign in.',
  ],
  'emergency.state.sealed': ['封印中', 'Sealed'],
  'emergency.state.open': ['使用中', 'Open'],
  'emergency.state.over': ['終了', 'Over'],
  'emergency.state.taken_back': ['取消済み', 'Taken back'],
  'emergency.since': [
    '{{day}} から封印（{{by}}）、開くと {{n}} 時間',
    'sealed since {{day}} ({{by}}), opens for {{n}} {{n|hour|hours}}',
  ],
  'emergency.machine': ['サーバー上のコマンド', "the server's command line"],
  'emergency.old': [
    '1 年以上たっています。開いて確かめ、替えてください。',
    'More than a year old: try it, and seal a new one.',
  ],
  'emergency.opened': ['{{at}} に {{from}} から開封: {{reason}}', 'opened {{at}} from {{from}}: {{reason}}'],
  'emergency.ended': ['{{at}} に終了', 'ended {{at}}'],
  'emergency.ended.by': ['{{at}} に終了（{{by}}）', 'ended {{at}} ({{by}})'],
  'emergency.past': ['終わったもの、取り消したもの（{{n}} 件）', 'Over or taken back ({{n}})'],
  'emergency.changes': ['この間に変えたこと（{{n}} 件）', 'What was changed in it ({{n}})'],
  'emergency.changes.text': [
    '招待、役割、ポリシーなどは、緊急アクセスが終わっても残ります。心当たりのないものは元に戻してください。',
    'Invitations, roles, policies and the like stay when it is over. Take back what nobody meant.',
  ],
  'emergency.changes.none': ['この間に変えたものはありません。', 'Nothing was changed in it.'],
  'emergency.end.sealed': ['取り消す', 'Take back'],
  'emergency.end.open': ['閉じる', 'Close'],
  'emergency.end.of': ['{{what}}: {{name}}', '{{what}}: {{name}}'],
  'emergency.make': ['緊急アクセスのコードを作る', 'Make a code for emergency access'],
  'emergency.who': ['どの管理者のコードか', 'For which administrator'],
  'emergency.new': ['緊急用のアカウントを新しく作る', 'A new account for emergencies'],
  'emergency.new.text': [
    'このコードでだけ入れる管理者のアカウントです。',
    'An administrator who gets in by this code alone.',
  ],
  'emergency.hours': ['開いている時間', 'For how long it opens'],
  'emergency.hours.n': ['{{n}} 時間', '{{n}} {{n|hour|hours}}'],
  'emergency.go': ['作る', 'Make it'],
  'emergency.shown': ['このコードは今しか表示されません', 'This code is shown only now'],
  'emergency.paper': [
    '{{place}} を開き、このコードと理由を入力します。アカウント: {{name}}。一度だけ使え、{{n}} 時間開きます。',
    'Open {{place}} and enter this code and the reason. Account: {{name}}. Good for one use; opens for {{n}} {{n|hour|hours}}.',
  ],
  'emergency.print': ['印刷', 'Print'],
  'emergency.done': ['紙に残した', 'It is on paper'],
  'emergency.mine': [
    '緊急アクセスで使っています（{{at}} まで）。終わったら閉じてください。自分の二要素認証や API トークンは作れません。',
    'You are using emergency access, until {{at}}. Close it when you are done. You cannot add second factors or API tokens of your own.',
  ],
  'emergency.banner': [
    '緊急アクセスが開いています: {{name}}（{{at}} まで、{{from}} から）。理由: {{reason}}',
    'Emergency access is open: {{name}}, until {{at}}, from {{from}}. Reason: {{reason}}',
  ],
  'emergency.open.text': [
    '封印されたコードを入力すると、管理者として一度だけ使えます。管理者と経営者全員にすぐ通知されます。',
    'Enter the sealed code to act as its administrator, once. Every administrator and executive is told at once.',
  ],
  'emergency.code': ['緊急アクセスのコード', 'Code for emergency access'],
  'emergency.reason': ['開く理由', 'Why you open it'],
  'emergency.reason.why': ['監査ログに残り、通知にも入ります。', 'It is kept in the audit log, and told.'],
  'emergency.open': ['開く', 'Open'],
  'emergency.back': ['いつものサインインに戻る', 'Back to signing in the usual way'],
} as const satisfies Record<string, readonly [string, string]>;
