using Microsoft.Extensions.Logging.Console;

namespace Stagedoor.Serve;

/// <summary>How a line of the log is written.</summary>
internal enum LogFormat
{
    /// <summary>Time, level, category, request id, message, what was thrown.</summary>
    Text,

    /// <summary>An object with the same members, and the message's own.</summary>
    Json,

    /// <summary>As <see cref="Text"/>, for systemd's journal: the priority in front, and no time, which the journal knows.</summary>
    Journal,
}

/// <summary>The setting <c>Logging:Format</c>.</summary>
internal sealed class LogFormatOptions : ConsoleFormatterOptions
{
    /// <summary>How lines are written; without it as the journal wants them when it is there, else as text.</summary>
    public LogFormat Format { get; set; }

    /// <exception cref="StartupException">There is no such format.</exception>
    public static LogFormat Of(IConfiguration configuration) => configuration["Logging:Format"] switch
    {
        null => Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 } ? LogFormat.Journal : LogFormat.Text,
        { } setting when Enum.TryParse<LogFormat>(setting, ignoreCase: true, out var format) && Enum.IsDefined(format) => format,
        { } setting => throw new StartupException($"Logging:Format is '{setting}'. Allowed are text, json and journal."),
    };
}
