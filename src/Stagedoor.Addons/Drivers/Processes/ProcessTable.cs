using System.Globalization;
using System.Text;

namespace Stagedoor.Addons.Drivers.Processes;

/// <summary>The processes of this machine.</summary>
internal static class ProcessTable
{
    public const string Marker = "STAGEDOOR_ADDON";

    private const int SessionField = 3;
    private const int StartField = 19;

    /// <summary>Those that are alive.</summary>
    public static IReadOnlyList<RunningProcess> Read()
    {
        var all = new List<RunningProcess>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && Find(pid) is { } found)
            {
                all.Add(found);
            }
        }

        return all;
    }

    /// <summary>A process; <c>null</c> where there is none of that number, or it has ended and is only not forgotten yet.</summary>
    public static RunningProcess? Find(int pid)
    {
        try
        {
            // The name in parentheses may hold anything.
            var text = File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/stat", Encoding.Latin1);
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : new(
                pid, int.Parse(fields[1], CultureInfo.InvariantCulture), int.Parse(fields[SessionField], CultureInfo.InvariantCulture), long.Parse(fields[StartField], CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>What stands in the environment of a process under the name of the marker; empty where nothing does, or it is somebody else's.</summary>
    public static string MarkerOf(RunningProcess process)
    {
        try
        {
            const string Start = Marker + "=";
            var text = File.ReadAllText($"/proc/{process.Pid.ToString(CultureInfo.InvariantCulture)}/environ", Encoding.UTF8);
            return text.Split('\0').FirstOrDefault(static v => v.StartsWith(Start, StringComparison.Ordinal))?[Start.Length..] ?? "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>Sends a signal, to this very process or to none.</summary>
    public static void Signal(RunningProcess process, int signal)
    {
        // Once it is held nobody else can have its number; whether it is the right one is looked at then.
        using var held = Posix.Open(process.Pid);
        if (held is not null && Find(process.Pid) is { } now && now.Start == process.Start)
        {
            Posix.Signal(held, signal);
        }
    }
}

/// <summary>A process.</summary>
/// <param name="Pid">Its number, which another one has some day.</param>
/// <param name="Parent">That of its parent.</param>
/// <param name="Session">The session that it is in.</param>
/// <param name="Start">When it was started, in ticks since the machine was: together with the number it is one process alone.</param>
internal sealed record RunningProcess(int Pid, int Parent, int Session, long Start);
