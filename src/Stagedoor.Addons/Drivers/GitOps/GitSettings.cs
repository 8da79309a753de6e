using System.Text.RegularExpressions;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Drivers.GitOps;

/// <summary>How changes are committed.</summary>
/// <param name="Branch">The branch.</param>
/// <param name="Remote">The name of a remote of the repository that is pushed to; <c>null</c> where none is.</param>
/// <param name="AuthorName">Who the author is.</param>
/// <param name="AuthorEmail">The author's address.</param>
internal sealed partial record GitSettings(string Branch, string? Remote, string AuthorName, string AuthorEmail)
{
    /// <exception cref="FormatException">It is not as it should be.</exception>
    public static GitSettings Read(GoMap git)
    {
        if (git.Keys.FirstOrDefault(static k => k is not ("branch" or "remote" or "author")) is { } unknown)
        {
            throw new FormatException($"driver-config git has no member \"{Text.Cut(unknown, 100)}\"; branch, remote and author are known");
        }

        var branch = GitOpsSettings.Text(git, "branch") ?? "main";
        if (!Branches().IsMatch(branch) || branch.Contains("..", StringComparison.Ordinal) || branch.Split('/').Any(static p => p.Length == 0 || p.StartsWith('.') || p.EndsWith('.') || p.EndsWith(".lock", StringComparison.Ordinal)))
        {
            throw new FormatException("driver-config git.branch is no name of a branch");
        }

        // Only a remote that the operator has set up: an address from outside would send this server anywhere.
        var remote = GitOpsSettings.Text(git, "remote");
        if (remote is not null && !Remotes().IsMatch(remote))
        {
            throw new FormatException("driver-config git.remote is the name of a remote of the repository, of letters, digits, '.', '_' and '-'");
        }

        var author = Authors().Match(GitOpsSettings.Text(git, "author") ?? "Stagedoor <stagedoor@localhost>");
        return author.Success
            ? new(branch, remote, author.Groups[1].Value.Trim(), author.Groups[2].Value)
            : throw new FormatException("driver-config git.author is written as NAME <ADDRESS>");
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._/\-]{0,99}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Branches();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._\-]{0,99}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Remotes();

    [GeneratedRegex(@"^([^<>\n]{1,200}) <([^<>\s]{1,200})>\z", RegexOptions.NonBacktracking)]
    private static partial Regex Authors();
}
