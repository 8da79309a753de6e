using System.Diagnostics;
using Stagedoor.Commands;
using Stagedoor.Commands.Admin;
using Xunit;

namespace Stagedoor.Tests.Commands;

/// <summary>The lines that people paste into a shell, with what a hostile server would like to have in them.</summary>
public sealed class LoginLinesTests
{
    private const string Evil = "x'; echo pwned; '$(echo pwned)`echo pwned`\" & | > < * ~ # \\";

    [Fact]
    public async Task Whatever_a_server_says_is_one_word_for_the_shell()
    {
        var lines = new LoginLines(new("id", "name", Evil, "project-id", new("https://registry.example.com")), new($"AK{Evil}", "secret"));

        foreach (var line in (string[])[lines.Docker, lines.Podman, lines.Skopeo, lines.Helm])
        {
            var words = await RunAsync($"show() {{ printf '%s\\n' \"$@\"; }}; docker() {{ show \"$@\"; }}; podman() {{ show \"$@\"; }}; skopeo() {{ show \"$@\"; }}; helm() {{ show \"$@\"; }}; {line}");
            Assert.Equal(["-u", $"{Evil}@AK{Evil}", "--password-stdin", "registry.example.com"], words.SkipWhile(static w => w is not "-u"));
        }
    }

    [Fact]
    public async Task Variables_get_the_values_and_run_nothing()
    {
        var lines = new LoginLines(new($"id{Evil}", "name", "project", Evil, new("https://registry.example.com")), new("AK", Evil));

        var words = await RunAsync($"{string.Join('\n', lines.Exports)}\nprintf '%s\\n' \"$HUAWEICLOUD_SDK_AK\" \"$HUAWEICLOUD_SDK_SK\" \"$HUAWEICLOUD_SDK_PROJECT_ID\" \"$HUAWEICLOUD_SDK_DOMAIN_ID\"");

        Assert.Equal(["AK", Evil, Evil, $"id{Evil}"], words);
    }

    [Theory]
    [InlineData("x\ntouch y")]
    [InlineData("x\u001b[2Jy")]
    [InlineData("x\u009b2Jy")]
    [InlineData("x\u202ey")]
    public void Control_characters_are_refused(string text)
    {
        var lines = new LoginLines(new("id", "name", text, text, new("https://registry.example.com")), new("AK", "secret"));

        Assert.Contains("control character", Assert.Throws<CommandException>(() => lines.Docker).Message, StringComparison.Ordinal);
        Assert.Throws<CommandException>(() => string.Join('\n', lines.Exports));
    }

    [Fact]
    public void What_is_plain_stays_readable()
    {
        var lines = new LoginLines(new("id", "name", "cn-local-1", "project-id", new("http://127.0.0.1:8080")), new("AK", "a/b+c="));

        Assert.EndsWith(" docker login -u cn-local-1@AK --password-stdin 127.0.0.1:8080", lines.Docker, StringComparison.Ordinal);
        Assert.Contains("export HUAWEICLOUD_SDK_SK=a/b+c=", lines.Exports);
    }

    private static async Task<string[]> RunAsync(string script)
    {
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", script]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var output = await shell.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
        return output.TrimEnd('\n').Split('\n');
    }
}
