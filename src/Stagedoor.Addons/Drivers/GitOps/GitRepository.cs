using System.ComponentModel;
using System.Diagnostics;

namespace Stagedoor.Addons.Drivers.GitOps;

/// <summary>
/// Commits what was written, with the program <c>git</c>. The commit is made beside the index and the files of whoever works in the repository, and no
/// hook of it runs.
/// </summary>
internal sealed class GitRepository(TimeProvider clock)
{
    private const int MaxSaid = 64 * 1024;
    private const string IndexName = "index";

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(60);

    /// <summary>Commits what a folder holds, and pushes it; nothing that was committed before is committed again.</summary>
    /// <exception cref="DriverUnavailableException">There is no git, or it failed.</exception>
    public async Task CommitAsync(GitOpsSettings settings, GitSettings git, string folder, string message, CancellationToken cancellationToken)
    {
        var state = Path.Combine(settings.Folder, GitOpsDriver.StateFolder);
        try
        {
            using var held = await GitOpsLock.TakeAsync(new GitOpsDisk(), Path.Combine(state, "git.lock"), clock, cancellationToken);
            var index = Path.Combine(state, IndexName);
            File.Delete(index);
            File.Delete(index + ".lock");
            try
            {
                await CommitAsync(new Place(settings.Folder, index, git), git, folder, message, cancellationToken);
            }
            finally
            {
                File.Delete(index);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DriverUnavailableException("The repository cannot be read or written.", e);
        }
    }

    private async Task CommitAsync(Place place, GitSettings git, string folder, string message, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(Path.Combine(place.Folder, ".git")) && await TryAsync(place, ["rev-parse", "--git-dir"], cancellationToken) is null)
        {
            await RunAsync(place, ["init", "--quiet", $"--initial-branch={git.Branch}"], cancellationToken);
        }

        var reference = $"refs/heads/{git.Branch}";
        var parent = await TryAsync(place, ["rev-parse", "--verify", "--quiet", $"{reference}^{{commit}}"], cancellationToken);
        if (parent is not null)
        {
            await RunAsync(place, ["read-tree", parent], cancellationToken);
        }

        // A folder that is gone and was never known is none that git can be told of.
        if (Directory.Exists(Path.Combine(place.Folder, folder)) || (await RunAsync(place, ["ls-files", "--", folder], cancellationToken)).Length > 0)
        {
            await RunAsync(place, ["add", "--all", "--force", "--", folder], cancellationToken);
        }

        var tree = await RunAsync(place, ["write-tree"], cancellationToken);
        var before = parent is null ? null : await RunAsync(place, ["rev-parse", $"{parent}^{{tree}}"], cancellationToken);
        if (!string.Equals(tree, before, StringComparison.Ordinal))
        {
            string[] parents = parent is null ? [] : ["-p", parent];
            var commit = await RunAsync(place, ["commit-tree", tree, .. parents, "-m", message], cancellationToken);

            // Only from what was read: whoever has committed in between is not overwritten.
            await RunAsync(place, ["update-ref", reference, commit, parent ?? new string('0', commit.Length)], cancellationToken);
            if (string.Equals(await TryAsync(place, ["symbolic-ref", "--quiet", "HEAD"], cancellationToken), reference, StringComparison.Ordinal))
            {
                // So that the index of whoever works there does not take it all back. It is theirs, and they may be using it.
                await TryAsync(place with { Index = null }, ["reset", "--quiet", "--", folder], cancellationToken);
            }
        }

        if (git.Remote is { } remote)
        {
            await RunAsync(place, ["push", "--quiet", "--no-verify", remote, $"{reference}:{reference}"], cancellationToken);
        }
    }

    private async Task<string?> TryAsync(Place place, string[] arguments, CancellationToken cancellationToken)
    {
        var (code, said, _) = await StartAsync(place, arguments, cancellationToken);
        return code == 0 ? said.Trim() : null;
    }

    private async Task<string> RunAsync(Place place, string[] arguments, CancellationToken cancellationToken)
    {
        var (code, said, complaint) = await StartAsync(place, arguments, cancellationToken);
        return code == 0 ? said.Trim() : throw new DriverUnavailableException($"git {arguments[0]} failed: {Text.Cut(Text.Repair(complaint.Trim().ReplaceLineEndings("; ")), 500)}");
    }

    private async Task<(int Code, string Said, string Complaint)> StartAsync(Place place, string[] arguments, CancellationToken cancellationToken)
    {
        string[] settings =
        [
            "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "commit.gpgSign=false", "-c", "gc.auto=0", "-c", "protocol.ext.allow=never",
            "-c", "core.autocrlf=false", "-c", "core.safecrlf=false",
        ];
        var start = new ProcessStartInfo("git", [.. settings, "-C", place.Folder, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(static k => k.StartsWith("GIT_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in place.Environment)
        {
            start.Environment[name] = value;
        }

        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            throw new DriverUnavailableException("There is no program git, which driver-config git needs.", e);
        }

        using var late = new CancellationTokenSource(s_timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            process.StandardInput.Close();
            var said = process.StandardOutput.ReadToEndAsync(either.Token);
            var complaint = process.StandardError.ReadToEndAsync(either.Token);
            await Task.WhenAll(said, complaint);
            await process.WaitForExitAsync(either.Token);
            return (process.ExitCode, Text.Cut(await said, MaxSaid), await complaint);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            throw new DriverUnavailableException($"git {arguments[0]} took longer than a minute.");
        }
    }

    /// <param name="Folder">Where it is run.</param>
    /// <param name="Index">The index that it uses; <c>null</c> for the repository's own.</param>
    /// <param name="Git">Who commits.</param>
    private sealed record Place(string Folder, string? Index, GitSettings Git)
    {
        // Settings of the account that the server runs as count, as for the owner of the folder and how to log in to a remote; nobody is asked for a password.
        public IEnumerable<(string Name, string Value)> Environment
        {
            get
            {
                yield return ("GIT_CONFIG_NOSYSTEM", "1");
                yield return ("GIT_TERMINAL_PROMPT", "0");
                yield return ("GIT_OPTIONAL_LOCKS", "0");
                yield return ("LC_ALL", "C");
                yield return ("GIT_AUTHOR_NAME", Git.AuthorName);
                yield return ("GIT_AUTHOR_EMAIL", Git.AuthorEmail);
                yield return ("GIT_COMMITTER_NAME", Git.AuthorName);
                yield return ("GIT_COMMITTER_EMAIL", Git.AuthorEmail);
                if (Index is not null)
                {
                    yield return ("GIT_INDEX_FILE", Index);
                }
            }
        }
    }
}
