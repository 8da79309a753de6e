using System.Diagnostics;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary><c>./run</c> and the build behind it, with a compiler that only pretends.</summary>
public sealed class BuildScriptTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Calls => Path.Combine(_folder.Path, "calls");

    public async ValueTask InitializeAsync()
    {
        foreach (var folder in (string[])["eng", "src", "bench", "docs", "bin"])
        {
            Directory.CreateDirectory(Path.Combine(_folder.Path, folder));
        }

        foreach (var file in (string[])["run", "eng/build.sh", "eng/sdk.sh", "global.json", ".editorconfig", "Directory.Build.props", "Directory.Packages.props"])
        {
            File.Copy(Path.Combine(Checkout.Root, file), Path.Combine(_folder.Path, file));
        }

        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "src", "A.cs"), "// one", Cancellation);
        await CompileAsync("mkdir -p artifacts/bin/Stagedoor/release");
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task It_builds_once_and_then_only_when_something_is_newer_or_gone()
    {
        var first = (await BuildAsync()).ShouldSucceed();
        var second = (await BuildAsync()).ShouldSucceed();
        var file = Path.Combine(_folder.Path, "src", "B.cs");
        await File.WriteAllTextAsync(file, "// two", Cancellation);
        var third = (await BuildAsync()).ShouldSucceed();
        File.Delete(file);
        (await BuildAsync()).ShouldSucceed();

        Assert.StartsWith("Building Stagedoor; the first time takes about a minute...", first.Error, StringComparison.Ordinal);
        Assert.Equal("", second.Error);
        Assert.StartsWith("Checking the build...", third.Error, StringComparison.Ordinal);
        Assert.Equal(3, (await File.ReadAllLinesAsync(Calls, Cancellation)).Length);
    }

    [Fact]
    public async Task It_leaves_the_checks_to_the_tests()
    {
        var (without, with) = (await ChecksAsync(""), await ChecksAsync("true"));

        Assert.Equal("false,false,false", string.Join(',', without));
        Assert.Equal(",true,true", string.Join(',', with));
    }

    [Fact]
    public async Task A_build_that_fails_shows_why_and_is_tried_again()
    {
        await CompileAsync("mkdir -p artifacts/bin/Stagedoor/release; echo 'A.cs(1,1): error CS0001'; exit 1");

        (await BuildAsync()).ShouldFail("A.cs(1,1): error CS0001");
        (await BuildAsync()).ShouldFail("the build failed");
    }

    [Fact]
    public async Task After_a_build_that_failed_an_older_stamp_does_not_count()
    {
        (await BuildAsync()).ShouldSucceed();
        var file = Path.Combine(_folder.Path, "src", "A.cs");
        var before = File.GetLastWriteTimeUtc(file);
        await File.WriteAllTextAsync(file, "// broken", Cancellation);
        await CompileAsync("exit 1");
        (await BuildAsync()).ShouldFail("the build failed");

        // As a tool does that puts the old file back with its time.
        File.SetLastWriteTimeUtc(file, before);
        await CompileAsync("true");
        (await BuildAsync()).ShouldSucceed();

        Assert.Equal(3, (await File.ReadAllLinesAsync(Calls, Cancellation)).Length);
    }

    [Fact]
    public async Task It_is_not_silent_for_more_than_a_second_while_it_builds()
    {
        await CompileAsync("mkdir -p artifacts/bin/Stagedoor/release; while [ ! -e done ]; do sleep 0.1; done");
        using var process = new Process { StartInfo = Tool.StartInfo("bash", [Path.Combine(_folder.Path, "eng", "build.sh"), "Release", "src/Stagedoor/Stagedoor.csproj"], Variables()) };
        process.Start();
        var said = new char["Building Stagedoor; the first time takes about a minute......".Length];

        // The text, and then a dot for each second.
        await process.StandardError.ReadBlockAsync(said, Cancellation);
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "done"), "", Cancellation);
        await process.WaitForExitAsync(Cancellation);

        Assert.Equal("Building Stagedoor; the first time takes about a minute......", new string(said));
    }

    [Theory]
    [InlineData("", "serve")]
    [InlineData("--data d --urls u", "serve --data d --urls u")]
    [InlineData("doctor --data d", "doctor --data d")]
    [InlineData("help serve", "help serve")]
    public async Task Run_serves_or_does_what_the_verb_says(string line, string handed)
    {
        (await Tool.RunAsync(new ToolCall("bash", [Path.Combine(_folder.Path, "run"), .. line.Split(' ', StringSplitOptions.RemoveEmptyEntries)]) { Environment = Variables() })).ShouldSucceed();

        Assert.EndsWith($"stagedoor.dll {handed}", (await File.ReadAllLinesAsync(Calls, Cancellation))[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_explains_itself_without_building()
    {
        var help = (await Tool.RunAsync(new ToolCall("bash", [Path.Combine(_folder.Path, "run"), "--help"]) { Environment = Variables() })).ShouldSucceed();

        Assert.Contains("./run doctor", help.Output, StringComparison.Ordinal);
        Assert.Contains("--urls", help.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(Calls));
    }

    [Fact]
    public async Task What_is_published_has_no_files_that_nothing_reads()
    {
        var target = Path.Combine(_folder.Path, "published");

        (await Tool.RunAsync(
            "dotnet", "publish", Path.Combine(Checkout.Root, "src", "Stagedoor"), "-c", new DirectoryInfo(Path.GetDirectoryName(StagedoorProcess.Executable)!).Name,
            "--no-build", "-o", target, "--nologo", "-v", "quiet")).ShouldSucceed();

        Assert.True(File.Exists(Path.Combine(target, "stagedoor")));
        Assert.DoesNotContain(Directory.EnumerateFiles(target), static f => f.EndsWith(".xml", StringComparison.Ordinal) || f.EndsWith("web.config", StringComparison.Ordinal));
    }

    private static async Task<List<string?>> ChecksAsync(string asked)
    {
        string[] names = ["RunAnalyzers", "EnforceCodeStyleInBuild", "GenerateDocumentationFile"];
        var core = Path.Combine(Checkout.Root, "src", "Stagedoor.Core", "Stagedoor.Core.csproj");
        var told = (await Tool.RunAsync(new ToolCall("dotnet", ["msbuild", core, .. names.Select(static n => "-getProperty:" + n)])
        {
            Environment = new Dictionary<string, string> { ["StagedoorChecks"] = asked },
        })).ShouldSucceed();
        using var document = JsonDocument.Parse(told.Output);
        return [.. names.Select(n => document.RootElement.GetProperty("Properties").GetProperty(n).GetString())];
    }

    private Task<ToolResult> BuildAsync() => Tool.RunAsync(
        new ToolCall("bash", [Path.Combine(_folder.Path, "eng", "build.sh"), "Release", "src/Stagedoor/Stagedoor.csproj"]) { Environment = Variables() });

    private Dictionary<string, string> Variables() => new() { ["PATH"] = $"{Path.Combine(_folder.Path, "bin")}:{Environment.GetEnvironmentVariable("PATH")}" };

    private async Task CompileAsync(string work)
    {
        var file = Path.Combine(_folder.Path, "bin", "dotnet");
        await File.WriteAllTextAsync(
            file,
            $"""
            #!/usr/bin/env bash
            if [ "$1" = --list-sdks ]; then echo "10.0.100 [/nowhere]"; exit; fi
            echo "$*" >> "{Calls}"
            if [ "$1" = build ]; then {work}; fi

            """,
            Cancellation);
        (await Tool.RunAsync("chmod", "+x", file)).ShouldSucceed();
    }
}
