// SPDX-License-Identifier: Apache-2.0
// Mantine's colours that nothing in the console wears: their variables aren't sent. pack.mjs sees that nothing does.
export const unworn = ['cyan', 'grape', 'green', 'indigo', 'lime', 'orange', 'pink', 'violet'];

const variable = new RegExp(`^--mantine-color-(?:${unworn.join('|')})-`);
export const withoutUnworn = {
  postcssPlugin: 'without-unworn',
  Declaration(one) {
    if (variable.test(one.prop)) one.remove();
  },
};
