// SPDX-License-Identifier: Apache-2.0
// Words of the page on what is looked at and kept, in Japanese and English side by side.
export const privacy = {
  'privacy.firm': ['この組織', 'this organisation'],
  'privacy.text': [
    '{{name}} が Sekisho で端末と働く人について何を見て、何を残すか。今の設定から作られています。',
    'What {{name}} looks at on devices and keeps of people by Sekisho, as it is set up now.',
  ],
  'privacy.print': ['印刷', 'Print'],
  'privacy.looks': ['端末で見るもの', 'What is looked at on a device'],
  'privacy.looks.text': [
    'エージェントは、次の設定と状態を数分おきに読みます。端末の設定は何も変えません。',
    'Every few minutes the agent reads the following settings and states. It changes nothing on the device.',
  ],
  'privacy.leaves': ['端末から送るもの', 'What leaves the device'],
  'privacy.leaves.results': [
    '項目ごとの結果（問題なし・要対応・不明）と、判断に使った設定の値',
    'The result of each check, and the value of the setting that decided it',
  ],
  'privacy.leaves.paths': [
    '値のある場所。ホームフォルダーのパスに、端末のユーザー名が含まれることがあります',
    'Where that value stands; the path of a home folder may hold the name of its account',
  ],
  'privacy.leaves.system': [
    '端末の名前、OS とそのバージョン、同じ端末かどうかを見分ける番号',
    "The device's name, its system and version, and a number that tells it from others",
  ],
  'privacy.leaves.programs': [
    'インストールされているソフトウェアの名前とバージョン（脆弱性の確認のため）',
    'Names and versions of the installed programs, to be held against known vulnerabilities',
  ],
  'privacy.leaves.wifi': [
    '暗号化の弱い Wi-Fi が保存されているときは、その名前',
    'Where a Wi-Fi with weak encryption is saved: its name',
  ],
  'privacy.leaves.times': ['確認した日時', 'When it was looked at'],
  'privacy.never': ['読まないもの', 'What is never read'],
  'privacy.never.files': ['文書・写真などのファイルの中身', 'What is in documents, pictures and other files'],
  'privacy.never.mail': ['メール、チャット、通話の内容', 'Email, chats and calls'],
  'privacy.never.web': [
    '見たサイトの履歴（ブラウザーは設定だけを見ます）',
    'Which sites were visited (of a browser only its settings are read)',
  ],
  'privacy.never.place': ['位置情報、カメラ、マイク、画面', 'Places, camera, microphone, screen'],
  'privacy.never.input': [
    'キー入力、操作の記録、働いた時間',
    'What is typed or done, and for how long somebody works',
  ],
  'privacy.never.secrets': [
    'パスワードや秘密鍵そのもの（十分に強い方式で守られているかだけを端末の中で確かめ、結果だけを送ります）',
    'Passwords and private keys themselves (whether they are protected well enough is seen on the device, and only that is sent)',
  ],
  'privacy.readers': ['見られる人', 'Who can see it'],
  'privacy.readers.administrators': [
    'この組織の管理者・経営者・監査の担当者は、全員の端末の結果を見られます',
    "This organisation's administrators, executives and auditors see the results of all devices",
  ],
  'privacy.readers.self': [
    'それ以外の人は、自分の端末の結果だけを見られます',
    'Everybody else sees those of their own devices alone',
  ],
  'privacy.readers.partner': [
    '取引先向けのレポートには、人と端末の名前が載りません',
    'The report for partners names no people and no devices',
  ],
  'privacy.readers.nobody': [
    'Sekisho の開発者へは何も送りません。組織の外へ出るのは、管理者が通知先に設定したメールや外部サービスへの通知だけです',
    'Nothing is sent to those who make Sekisho; outside the organisation go only notices, to the email addresses and services that the administrator has set up',
  ],
  'privacy.times': ['残す期間', 'How long it is kept'],
  'privacy.kind': ['記録', 'Record'],
  'privacy.howlong': ['期間', 'For how long'],
  'privacy.kind.findings': ['確認結果の履歴、回答、添付', 'Past results, answers and attachments'],
  'privacy.until.findings': ['新しい結果に替わってから {{n}} 日', '{{n}} days after they were replaced'],
  'privacy.kind.incidents': ['トラブル報告', 'Incidents'],
  'privacy.until.incidents': ['対応完了なら、報告から {{n}} 日', 'Once closed, {{n}} days after the report'],
  'privacy.kind.devices': ['手放した端末', 'Devices that were given up'],
  'privacy.until.devices': [
    '手放してから {{n}} 日。番号だけが残ります',
    '{{n}} days after that; a number stays',
  ],
  'privacy.kind.people': ['退職した人（停止したメンバー）', 'People who left (disabled)'],
  'privacy.until.people': [
    '停止してから {{n}} 日。名前とアドレスを消し、行ったことは番号で残します',
    '{{n}} days after that; name and address go, what they did stays under a number',
  ],
  'privacy.kind.sign_ins': ['サインインの履歴', 'The history of sign-ins'],
  'privacy.until.sign_ins': [
    'サインインから {{n}} 日。アドレスとブラウザーは 30 日まで',
    '{{n}} days after each; address and browser for 30 days at most',
  ],
  'privacy.kind.sessions': [
    'サインイン中の場所（アドレスとブラウザー）',
    'Where you are signed in (address and browser)',
  ],
  'privacy.until.sessions': ['サインアウト、または 12 時間まで', 'Until you sign out, or for 12 hours'],
  'privacy.kind.links': ['招待と登録のリンク', 'Links of invitations and enrolment'],
  'privacy.until.links': [
    '招待は期限が切れるまで、端末の登録用のリンクはその 30 日後まで',
    'Invitations until they run out, links for devices for 30 days more',
  ],
  'privacy.kind.programs': ['ソフトウェアの一覧', 'Lists of programs'],
  'privacy.until.programs': ['最新のものだけ', 'Only the newest'],
  'privacy.kind.clouds': [
    'クラウドの設定から読んだ、条件から外れている人の名前',
    'Names of who is left out, read from settings of clouds',
  ],
  'privacy.until.clouds': [
    '次に読むまで、または管理者が消すまで。長くても設定を書き出してから 62 日',
    'Until settings are read anew or an administrator forgets them; at most 62 days after they were exported',
  ],
  'privacy.kind.traffic': ['外部からの通信の観測', 'Traffic from outside that was observed'],
  'privacy.until.traffic': [
    '設定で決めた期間。社内の人の通信の中身は残りません',
    'As set; never what people of the organisation send',
  ],
  'privacy.kind.log': ['監査ログ（誰がいつ何をしたか）', 'The audit log (who did what and when)'],
  'privacy.until.log': [
    '組織が使うあいだ。退職した人の名前は番号に替わります',
    'As long as the organisation uses Sekisho; names of people who left give way to numbers',
  ],
  'privacy.own': ['個人の端末', "People's own devices"],
  'privacy.own.text': [
    '個人の端末として登録されたものは、脆弱性の一覧にあるソフトウェアだけを名前で残し、ほかは数だけを残します。退職すると、端末の記録もすべて消えます。',
    'Of a device that is registered as its user’s own, only programs that a list of vulnerabilities names are kept by name; the others are counted. When its user is forgotten, all records of it go.',
  ],
  'privacy.rights': ['確かめる・消す', 'To look and to be forgotten'],
  'privacy.rights.text': [
    '自分について残っているものは、「自分のページ」からいつでもすべて取り出せます。訂正や削除は、組織の管理者に申し出てください。',
    'All that is kept of you can be taken at any time from “My page”. For corrections and deletion ask the administrator of your organisation.',
  ],
  'privacy.mine': ['自分についての記録', 'What is kept of you'],
  'privacy.mine.text': [
    '端末から何を見て、誰が見られて、いつまで残るか。残っているものはすべて取り出せます。',
    'What is looked at, who sees it and how long it is kept. All of it can be taken.',
  ],
  'privacy.take': ['すべての記録をダウンロード', 'Download all records'],
  'privacy.person': ['この人についての記録', 'What is kept of this person'],
  'privacy.forget': ['この人の情報を削除', 'Forget this person'],
  'privacy.forget.first': [
    '退職した人の情報は、停止してから消せます。',
    'Who left can be forgotten once they are disabled.',
  ],
  'privacy.forget.sure': [
    '{{name}} さんの情報を消します。元に戻せません。',
    'Forget {{name}}. This can’t be undone.',
  ],
  'privacy.forget.text': [
    '名前、アドレス、サインインの手段、個人の端末の記録が消えます。行ったことは番号で残り、監査ログはつながったままです。バックアップには、それが消えるまで残ります。',
    'Name, address, ways to sign in and records of their own devices go. What they did stays under a number, and the audit log stays whole. Backups hold it until they are deleted.',
  ],
  'privacy.retention': ['記録を残す期間', 'How long records are kept'],
  'privacy.retention.text': [
    '期間を過ぎた記録は、一日に一度、自動で消えます。',
    'Once a day, what is older is deleted by itself.',
  ],
  'privacy.bounds': [
    '{{least}}〜{{most}} 日（標準 {{standard}} 日）',
    '{{least}} to {{most}} days (standard {{standard}})',
  ],
  'privacy.shorter': [
    '保存期間を短くします。それより古い記録は削除され、元に戻せません。',
    'Keep these for less time: older records are deleted and can’t be brought back.',
  ],
  'privacy.shorter.one': ['{{kind}}: {{from}} 日 → {{to}} 日。', '{{kind}}: {{from}} → {{to}} days.'],
  'privacy.notice': ['従業員に渡す説明（印刷できます）', 'The notice for employees (to be printed)'],
} as const satisfies Record<string, readonly [string, string]>;
