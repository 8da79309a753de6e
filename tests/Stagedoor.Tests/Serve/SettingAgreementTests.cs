using Stagedoor.Commands;
using Stagedoor.Serve;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Serve;

/// <summary>What <c>serve</c> refuses, <c>doctor</c> and <c>config check</c> refuse in the same words, and nothing is made: each setting × each way to get it wrong × each place.</summary>
public sealed class SettingAgreementTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Keys => SettingTests.Keys;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(_folder.Path, "data");

    private string File => Path.Combine(_folder.Path, "stagedoor.json");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Keys))]
    public async Task A_wrong_setting_is_refused_by_all_three_in_the_same_words(string template)
    {
        var (setting, key) = SettingTests.Concrete(template);
        var cases = SettingTests.WrongValues(setting).Select(value => (key, value));
        foreach (var (written, value) in template[^1] is '}' ? cases : cases.Append((key + "xy", "1")))
        {
            SettingTests.WriteFile(File, written, value);
            await ShouldAgreeAsync(new() { Data = Data, Urls = "http://127.0.0.1:0", Config = File, Variables = SettingTests.None });
            await ShouldAgreeAsync(new() { Data = Data, Urls = "http://127.0.0.1:0", Variables = SettingTests.Variable(written, value) });
            await ShouldAgreeAsync(new() { Data = Data, Variables = SettingTests.None, Overrides = SettingTests.Pair(written, value) });
        }
    }

    [Theory]
    [InlineData("8080")]
    [InlineData("")]
    [InlineData("gopher://here")]
    [InlineData("https://127.0.0.1:0")]
    public Task A_wrong_option_is_refused_by_all_three(string urls) => ShouldAgreeAsync(new() { Data = Data, Urls = urls, Variables = SettingTests.None });

    [Fact]
    public async Task A_file_that_cannot_be_read_is_refused_by_all_three()
    {
        await ShouldAgreeAsync(new() { Data = Data, Config = File, Variables = SettingTests.None });
        await System.IO.File.WriteAllTextAsync(File, "{", Cancellation);
        await ShouldAgreeAsync(new() { Data = Data, Config = File, Variables = SettingTests.None });
    }

    [Fact]
    public async Task A_certificate_that_is_not_there_is_refused_by_all_three() => await ShouldAgreeAsync(new()
    {
        Data = Data,
        Urls = "https://127.0.0.1:0",
        Variables = SettingTests.None,
        Overrides = new Dictionary<string, string?> { ["Tls:Certificate"] = "/nowhere.pem", ["Tls:Key"] = "/nowhere.key" },
    });

    [Fact]
    public async Task With_nothing_wrong_none_refuses()
    {
        var (code, output, error) = await CheckAsync(new() { Data = Data, Variables = SettingTests.None });

        Assert.Equal((0, "A start would take these settings.\n", ""), (code, output, error));
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public async Task A_variable_that_sets_nothing_is_told_and_refused_by_none()
    {
        var (code, _, error) = await CheckAsync(new() { Data = Data, Variables = new Dictionary<string, string> { ["STAGEDOOR_IMAGES_UPLOADHOURS"] = "1" } });

        Assert.Equal((0, "stagedoor: The variable STAGEDOOR_IMAGES_UPLOADHOURS sets nothing: write STAGEDOOR__Images__UploadHours.\n"), (code, error));
    }

    private async Task ShouldAgreeAsync(ServeSettings settings)
    {
        var (code, output, error) = await CheckAsync(settings);
        var problems = error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(1, code);
        Assert.EndsWith("wrong.\n", output, StringComparison.Ordinal);
        Assert.All(problems, static line => Assert.StartsWith("stagedoor: ", line, StringComparison.Ordinal));

        var examined = await Doctor.ExamineAsync(settings, Cancellation).ToListAsync(Cancellation);
        var serve = await Assert.ThrowsAsync<StartupException>(() => StagedoorHost.StartAsync(settings, static _ => { }, Cancellation));

        var said = problems.Length == 1 ? problems[0]["stagedoor: ".Length..]
            : $"{problems.Length} settings are wrong:\n  {string.Join("\n  ", problems.Select(static p => p["stagedoor: ".Length..]))}";
        Assert.Equal(said, Assert.Single(examined).Observation);
        Assert.Equal(said, serve.Message);
        Assert.False(Directory.Exists(Data));
    }

    private static async Task<(int Code, string Output, string Error)> CheckAsync(ServeSettings settings)
    {
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        var code = await CheckConfig.RunAsync(settings, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
