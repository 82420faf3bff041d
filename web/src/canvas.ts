// SPDX-License-Identifier: Apache-2.0
// What every chart shares: ECharts on a canvas, in the colours of the page. Each kind of chart adds its own part, so
// that a page loads no other.
import { GridComponent, LegendScrollComponent, TooltipComponent } from 'echarts/components';
import { init, use, type EChartsCoreOption } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useMantineColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';

use([GridComponent, LegendScrollComponent, TooltipComponent, CanvasRenderer]);

/** A chart that fits its box and the colours of the page; `option` gives what it draws, in the colour of its text. */
export function useChart(option: (ink: string) => EChartsCoreOption, uses: unknown[]) {
  const box = useRef<HTMLDivElement>(null);
  const { colorScheme } = useMantineColorScheme();
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const chart = init(element);
    chart.setOption(option(getComputedStyle(element).color));
    const resize = new ResizeObserver(() => chart.resize());
    resize.observe(element);
    return () => {
      resize.disconnect();
      chart.dispose();
    };
  }, [...uses, colorScheme]);
  return box;
}
