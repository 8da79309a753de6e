using System.ComponentModel;

namespace Stagedoor.Addons.Drivers.Processes;

/// <summary>Which programs may be run, and where. Every link is followed before a path is judged.</summary>
/// <param name="programs">The folders of programs.</param>
/// <param name="roots">The folders outside of a release's own that services may run in.</param>
internal sealed class Places(IReadOnlyList<string> programs, IReadOnlyList<string> roots)
{
    /// <summary>The file that a command runs.</summary>
    /// <exception cref="Win32Exception">There is none, or it must not be run; the message says which and why.</exception>
    public string Program(GroupOrder order, string program)
    {
        var isOwn = ProcessSet.IsFilePath(program);
        var path = isOwn ? Own(order, program) : program;
        if (!isOwn && (!Path.IsPathRooted(path) || path.Split('/').Contains("..", StringComparer.Ordinal)))
        {
            throw Wrong($"{program} is no absolute path");
        }

        // Where it is named and where it leads: neither a link out of the folders nor one into them makes a program an allowed one.
        if (Posix.RealPath(path) is not { } real || !File.Exists(real))
        {
            throw Wrong($"{program} is not there");
        }

        return (isOwn ? IsBelow(real, order.Files) : programs.Any(p => IsBelow(real, p)))
            ? real
            : throw Wrong($"{program} leads to {real}, which lies in no folder of programs that may be run (Addons:Process:Programs)");
    }

    /// <summary>The arguments, in which the files of the package are named by where they lie.</summary>
    public static IReadOnlyList<string> Arguments(GroupOrder order, IReadOnlyList<string> command) =>
        [.. command.Select(a => order.FileNames.Contains(a, StringComparer.Ordinal) ? Own(order, a) : a)];

    /// <summary>The folder that a service runs in, made where it is the release's own.</summary>
    /// <exception cref="Win32Exception">It is not there, or lies where nothing may run.</exception>
    public string Folder(GroupOrder order, string cwd)
    {
        if (cwd.Split('/').Contains("..", StringComparer.Ordinal))
        {
            throw Wrong($"the folder {cwd} has '..' in it");
        }

        try
        {
            if (!Path.IsPathRooted(cwd))
            {
                return Made(order.Work, cwd);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Wrong($"the folder {cwd} cannot be made");
        }

        return Posix.RealPath(cwd) is { } real && Directory.Exists(real)
            ? roots.Any(r => IsBelow(real, r)) ? real : throw Wrong($"the folder {cwd} leads to {real}, which lies in no folder that services may run in (Addons:Process:Roots)")
            : throw Wrong($"the folder {cwd} is not there");
    }

    private static string Made(string work, string cwd)
    {
        Directory.CreateDirectory(work);
        var at = Posix.RealPath(work)!;

        // Part by part: a service may have put a link there that leads away, and nothing is made behind it.
        foreach (var part in cwd.Split('/').Where(static p => p is not ("" or ".")))
        {
            var next = Path.Combine(at, part);
            Directory.CreateDirectory(next);
            at = Posix.RealPath(next) is { } real && IsBelow(real, work) ? real : throw Wrong($"the folder {cwd} leads out of the release's own");
        }

        return at;
    }

    private static string Own(GroupOrder order, string path) => Path.Combine(order.Files, path[ProcessSet.FilesFolder.Length..]);

    private static bool IsBelow(string real, string folder) => Posix.RealPath(folder) is { } root
        && (string.Equals(real, root, StringComparison.Ordinal) || real.StartsWith(root.TrimEnd('/') + "/", StringComparison.Ordinal));

    private static Win32Exception Wrong(string message) => new(2, message);
}
