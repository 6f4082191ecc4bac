package dev.dovetail.backends.report;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** A headless Chromium that looks at one page. */
final class Browser implements AutoCloseable {
    private static final Path SCREENSHOTS = Path.of("target", "report-screenshots");
    private static final List<String> BROWSERS = List.of("chromium", "chromium-browser", "google-chrome");

    private final ChromeDriver driver;

    private Browser(Path browser, Path driver) {
        var options = new ChromeOptions();
        options.setBinary(browser.toFile());
        options.addArguments(
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars");
        var logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        options.setCapability("goog:loggingPrefs", logs);
        var service = new ChromeDriverService.Builder()
                .usingDriverExecutable(driver.toFile())
                .build();
        this.driver = new ChromeDriver(service, options);
    }

    /** Skips the test, and says why, where there is none. */
    static Browser start() {
        Optional<Path> browser =
                BROWSERS.stream().flatMap(name -> onPath(name).stream()).findFirst();
        Optional<Path> driver = onPath("chromedriver");
        if (browser.isEmpty() || driver.isEmpty()) {
            System.out.println("skipped: the report in a browser (no chromium with chromedriver on the PATH)");
        }
        Assumptions.assumeTrue(browser.isPresent() && driver.isPresent(), "no chromium with chromedriver");
        return new Browser(browser.orElseThrow(), driver.orElseThrow());
    }

    private static Optional<Path> onPath(String name) {
        return Arrays.stream(System.getenv("PATH").split(File.pathSeparator, -1))
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    void open(Path page) {
        driver.get(page.toUri().toString());
        evaluate("return document.readyState == 'complete' || new Promise(done => addEventListener('load', done))");
    }

    void resize(int width, int height) {
        command(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 600));
    }

    /** Waits until the page has answered to its new size. */
    void settle() {
        evaluate("return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
    }

    void prefer(String scheme) {
        command(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    Object evaluate(String script) {
        return driver.executeScript(script);
    }

    /** Types into whatever has the focus. */
    void press(CharSequence... keys) {
        WebElement focused = driver.switchTo().activeElement();
        Stream.of(keys).forEach(focused::sendKeys);
    }

    void tab() {
        press(Keys.TAB);
    }

    void focus(String selector) {
        evaluate("document.querySelector('" + selector + "').focus()");
    }

    List<String> complaints() {
        return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
                .map(Object::toString)
                .toList();
    }

    byte[] pdf() {
        var answer = command("Page.printToPDF", Map.of("printBackground", true));
        return Base64.getDecoder().decode((String) answer.get("data"));
    }

    /** The whole page, for people to look at after the test. */
    Path screenshot(String name) throws IOException {
        var answer = command("Page.captureScreenshot", Map.of("captureBeyondViewport", true));
        Files.createDirectories(SCREENSHOTS);
        return Files.write(
                SCREENSHOTS.resolve(name + ".png"), Base64.getDecoder().decode((String) answer.get("data")));
    }

    private Map<String, Object> command(String name, Map<String, Object> arguments) {
        return driver.executeCdpCommand(name, arguments);
    }

    @Override
    public void close() {
        driver.quit();
    }
}
