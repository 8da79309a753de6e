using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>What version a checkout, or an archive of one, is of.</summary>
public sealed class VersionScriptTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Tree => Path.Combine(_folder.Path, "tree");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_tag_names_the_version_and_commits_behind_it_count_towards_the_next()
    {
        await MakeAsync();

        Assert.Equal("0.1.0", await VersionAsync(Tree));
        await GitAsync("tag", "v0.2.3");
        Assert.Equal("0.2.3", await VersionAsync(Tree));
        await CommitAsync();
        await CommitAsync();
        Assert.Equal("0.2.4-dev.2", await VersionAsync(Tree));
        await GitAsync("tag", "v0.3.0-rc.1");
        Assert.Equal("0.3.0-rc.1", await VersionAsync(Tree));
        await CommitAsync();
        Assert.Equal("0.3.0-rc.1.dev.1", await VersionAsync(Tree));
    }

    [Fact]
    public async Task An_archive_without_git_has_the_version_and_commit_of_what_it_was_made_from()
    {
        await MakeAsync();
        await GitAsync("tag", "v0.2.3");
        var tagged = await UnpackAsync("tagged");
        await CommitAsync();
        var behind = await UnpackAsync("behind");
        var commit = (await GitAsync("rev-parse", "HEAD")).Output.Trim();

        Assert.Equal("0.2.3", await VersionAsync(tagged));
        Assert.Equal("0.2.4-dev.1", await VersionAsync(behind));
        Assert.Equal(commit, await VersionAsync(behind, "--commit"));
    }

    [Fact]
    public async Task A_folder_without_git_has_the_version_that_the_sources_say()
    {
        await MakeAsync();
        Directory.Delete(Path.Combine(Tree, ".git"), recursive: true);

        Assert.Equal("0.1.0", await VersionAsync(Tree));
        Assert.Equal("", await VersionAsync(Tree, "--commit"));
    }

    [Fact]
    public async Task The_program_says_its_version_and_its_commit()
    {
        var said = (await Tool.RunAsync(StagedoorProcess.Call("--version"))).ShouldSucceed().Output.Trim();

        Assert.Matches(@"^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?\+[0-9a-f]{40}$", said);
    }

    private static async Task<string> VersionAsync(string tree, params IEnumerable<string> options) =>
        (await Tool.RunAsync("bash", [Path.Combine(tree, "eng", "version.sh"), .. options])).ShouldSucceed().Output.Trim();

    private async Task<string> UnpackAsync(string name)
    {
        var file = Path.Combine(_folder.Path, name + ".tar");
        var target = Directory.CreateDirectory(Path.Combine(_folder.Path, name)).FullName;
        await GitAsync("archive", "--output", file, "HEAD");
        (await Tool.RunAsync("tar", "-xf", file, "-C", target)).ShouldSucceed();
        return target;
    }

    private async Task MakeAsync()
    {
        Directory.CreateDirectory(Path.Combine(Tree, "eng"));
        foreach (var file in (string[])["eng/version.sh", "eng/archived", ".gitattributes"])
        {
            File.Copy(Path.Combine(Checkout.Root, file), Path.Combine(Tree, file));
        }

        await File.WriteAllTextAsync(
            Path.Combine(Tree, "Directory.Build.props"), "<Project>\n    <VersionPrefix>0.1.0</VersionPrefix>\n</Project>\n", TestContext.Current.CancellationToken);
        await GitAsync("init", "-q");
        await GitAsync("add", "-A");
        await CommitAsync();
    }

    private Task<ToolResult> CommitAsync() => GitAsync("commit", "-q", "--allow-empty", "-m", "one");

    private async Task<ToolResult> GitAsync(params IEnumerable<string> arguments) => (await Tool.RunAsync(
        "git", ["-C", Tree, "-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false", .. arguments])).ShouldSucceed();
}
