package dev.dovetail.backends.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.Keys;

/** The report as a reader meets it. Screenshots lie in {@code target/report-screenshots} afterwards. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReportInBrowserTest {
    private Browser browser;
    private Path full;
    private Path large;
    private Path planned;

    @BeforeAll
    void start(@TempDir Path folder) throws IOException {
        browser = Browser.start();
        full = Report.write(SampleReport.withKernels(), folder.resolve("full.html"));
        large = Report.write(SampleReport.large(), folder.resolve("large.html"));
        planned = Report.write(SampleReport.planned(), folder.resolve("planned.html"));
    }

    @AfterAll
    void stop() {
        if (browser != null) {
            browser.close();
        }
    }

    @BeforeEach
    void onADesk() {
        browser.resize(1400, 900);
        browser.prefer("light");
    }

    @ParameterizedTest
    @ValueSource(strings = {"full", "large", "planned"})
    void opensWithoutComplaintAndAsksForNothing(String name) throws IOException {
        browser.open(page(name));

        assertEquals(List.of(), browser.complaints());
        assertEquals(
                0L,
                browser.evaluate("return performance.getEntriesByType('resource')"
                        + ".filter(entry => !entry.name.startsWith('data:')).length"));
        browser.screenshot(name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"full", "planned"})
    void drawsSomethingInEveryChart(String name) {
        browser.open(page(name));

        Object empty = browser.evaluate("return [...document.querySelectorAll('[data-chart]')]"
                + ".filter(chart => chart.querySelectorAll('.canvas svg :is(rect,path,circle)').length < 2)"
                + ".map(chart => chart.dataset.chart)");
        assertEquals(List.of(), empty);
    }

    @ParameterizedTest
    @CsvSource({"light, 1400", "dark, 1400", "light, 390", "dark, 390"})
    void textStandsOutFromItsGround(String scheme, int width) throws IOException {
        browser.resize(width, 844);
        browser.prefer(scheme);
        browser.open(full);

        assertEquals(List.of(), browser.evaluate(CONTRAST));
        browser.screenshot(scheme + "-" + width);
    }

    @ParameterizedTest
    @ValueSource(strings = {"light", "dark"})
    void textOfALargePipelineStandsOutFromItsGround(String scheme) {
        browser.prefer(scheme);
        browser.open(large);

        assertEquals(List.of(), browser.evaluate(CONTRAST));
    }

    /** Whether others measured a plan's like or not, its figures say how sure they are, and traffic names its link. */
    @Test
    void showsErrorBarsLinksAndLayers() {
        browser.open(large);

        String text = (String) browser.evaluate("return document.querySelector('#overview').innerText");
        assertTrue(text.contains("±") || text.contains(" to "), text);
        assertEquals(2L, browser.evaluate("return document.querySelectorAll('#network .link-level').length"));
        assertEquals(80L, browser.evaluate("return document.querySelectorAll('#layers ol .cell').length"));
        assertEquals(8L, browser.evaluate("return document.querySelectorAll('#layers ol[aria-label]').length"));
    }

    @Test
    void darkModeIsDark() {
        String ground = "return getComputedStyle(document.body).backgroundColor";
        browser.open(full);
        Object light = browser.evaluate(ground);

        browser.prefer("dark");

        assertNotEquals(light, browser.evaluate(ground));
    }

    @Test
    void nothingIsWiderThanTheScreen() {
        browser.open(full);
        for (int width : List.of(320, 390, 820, 1400, 2400)) {
            browser.resize(width, 844);
            browser.settle();

            assertEquals((long) width, browser.evaluate("return document.documentElement.scrollWidth"));
        }
    }

    @Test
    void chartsFollowTheWidthOfTheWindow() {
        browser.open(full);
        String timeline =
                "return document.querySelector('[data-chart=timeline] .canvas svg').getBoundingClientRect().width";
        double wide = ((Number) browser.evaluate(timeline)).doubleValue();

        browser.resize(500, 900);
        browser.settle();

        double narrow = ((Number) browser.evaluate(timeline)).doubleValue();
        assertTrue(narrow < wide, () -> "from " + wide + " to " + narrow);
    }

    @Test
    void tabReachesTheContentsTheTreeAndEveryChart() {
        browser.open(full);
        var reached = new LinkedHashSet<Object>();
        for (int i = 0; i < 60; i++) {
            browser.tab();
            reached.add(
                    browser.evaluate(
                            "const here = document.activeElement;"
                                    + "return here.closest('[data-chart]')?.dataset.chart ?? here.getAttribute('role') ?? here.tagName"));
        }

        assertTrue(
                reached.containsAll(List.of("A", "treeitem", "comparison", "timeline", "activities")),
                reached::toString);
        assertTrue(reached.containsAll(List.of("memory", "runners-up", "proof", "loss", "speed")), reached::toString);
    }

    @Test
    void arrowsWalkAndFoldTheTree() {
        browser.open(full);
        browser.focus("[role=tree] [tabindex=\"0\"]");

        browser.press(Keys.ARROW_DOWN);
        assertEquals("stage 0", focusedName());
        browser.press(Keys.ARROW_DOWN);
        assertEquals("forward", focusedName());
        browser.press(Keys.ARROW_LEFT);
        assertEquals("stage 0", focusedName());
        browser.press(Keys.ARROW_LEFT);
        assertEquals("false", browser.evaluate("return document.activeElement.getAttribute('aria-expanded')"));
        browser.press(Keys.ARROW_DOWN);
        assertEquals("stage 1", focusedName());
    }

    @Test
    void arrowsReadTheTimelineAloud() {
        browser.open(full);
        browser.focus("[data-chart=timeline] .canvas");

        browser.press(Keys.ARROW_RIGHT);
        assertTrue(said("timeline").startsWith("stage 0, data 0: forward of micro-batch 0"), said("timeline"));
        browser.press(Keys.ARROW_RIGHT);
        assertTrue(said("timeline").startsWith("stage 0, data 0: forward of micro-batch 1"), said("timeline"));
        browser.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN);
        assertTrue(said("timeline").startsWith("stage 1, data 0: "), said("timeline"));
        assertTrue(said("timeline").contains("(estimate)"), said("timeline"));
        browser.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN);
        assertTrue(said("timeline").contains("(measured)"), said("timeline"));
    }

    @Test
    void keysZoomTheTimeline() throws IOException {
        browser.open(full);
        browser.focus("[data-chart=timeline] .canvas");
        String ticks = "return [...document.querySelectorAll('[data-chart=timeline] .axis text')]"
                + ".map(tick => tick.textContent).join()";
        Object whole = browser.evaluate(ticks);

        browser.press(Keys.ARROW_RIGHT, "+", "+");
        assertNotEquals(whole, browser.evaluate(ticks));
        browser.screenshot("zoomed");
        browser.press("0");
        assertEquals(whole, browser.evaluate(ticks));
    }

    @ParameterizedTest
    @CsvSource({
        "comparison, 'whole step, predicted (estimate): 182.2 ms'",
        "memory,     'stage 0, parameters: 1.72 MB planned (estimate)'",
        "runners-up, 'the chosen plan: compute 145 ms (estimate)'",
        "activities, 'stage 0, data 0: forward'",
        "proof,      'no plan: step time below 171 ms'",
        "loss,       'step 0: '",
    })
    void anArrowReadsTheFirstMarkOfAChart(String chart, String says) {
        browser.open(full);
        browser.focus("[data-chart=" + chart + "] .canvas");

        browser.press(Keys.ARROW_RIGHT);

        assertTrue(said(chart).startsWith(says), said(chart));
    }

    @Test
    void aDecisionLeadsToItsLineOfTheSpec() {
        browser.open(full);

        browser.evaluate("document.querySelector('.decisions a').click()");

        assertEquals(
                "  fix   { pipeline 2, data 2 }",
                browser.evaluate("return document.querySelector(':target').textContent.trimEnd()"));
    }

    @Test
    void paperShowsWhatTheScreenFolds() {
        browser.open(full);
        assertEquals(
                0L,
                browser.evaluate("dispatchEvent(new Event('beforeprint'));"
                        + "return document.querySelectorAll('details:not([open])').length"));
        assertEquals(
                0L,
                browser.evaluate("dispatchEvent(new Event('afterprint'));"
                        + "return document.querySelectorAll('details[open]').length"));

        assertTrue(browser.pdf().length > 50_000);
    }

    private Path page(String name) {
        return switch (name) {
            case "full" -> full;
            case "large" -> large;
            default -> planned;
        };
    }

    private Object focusedName() {
        return browser.evaluate("return document.activeElement.querySelector('.row b').textContent");
    }

    private String said(String chart) {
        return (String) browser.evaluate(
                "return document.querySelector('[data-chart=\"" + chart + "\"] [aria-live]').textContent");
    }

    /** Texts whose contrast with what lies behind them is below 4.5, the WCAG's AA. */
    private static final String CONTRAST = """
            const parse = colour => {
              const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
              canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
              return [...canvas.getImageData(0, 0, 1, 1).data];
            };
            const luminance = ([r, g, b]) => [r, g, b].map(c => c / 255)
              .map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
              .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
            const behind = element => {
              for (let e = element; e; e = e.parentElement) {
                const colour = parse(getComputedStyle(e).backgroundColor);
                if (colour[3] === 255) return colour;
              }
              return [255, 255, 255];
            };
            return [...document.querySelectorAll('body *')]
              .filter(e => !e.closest('script, style, .unseen, :disabled') && e.getClientRects().length > 0)
              .filter(e => [...e.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
              .filter(e => !e.classList.contains('on-mark'))
              .map(e => {
                const style = getComputedStyle(e), text = e.closest('svg') ? style.fill : style.color;
                const a = luminance(parse(text)), b = luminance(behind(e));
                return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.tagName + '.' + e.className + ' ' + e.textContent.slice(0, 30)];
              })
              .filter(([contrast]) => contrast < 4.5)
              .map(String);
            """;
}
