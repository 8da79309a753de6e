using System.CommandLine;
using System.Globalization;
using Stagedoor.Backup;
using Stagedoor.Serve;

namespace Stagedoor.Commands;

/// <summary><c>stagedoor restore</c></summary>
internal static class RestoreCommand
{
    private static readonly Argument<string> s_path = new("PATH") { Description = "The backup: a folder or a file." };
    private static readonly Option<string?> s_data = new("--data") { Description = "Empty or new folder for the installation (default ./data).", HelpName = "DIR" };
    private static readonly Option<string?> s_config = new("--config") { Description = "JSON file with settings.", HelpName = "FILE" };
    private static readonly Option<bool> s_json = new("--json") { Description = "Print what was done as JSON." };

    internal static Command Create()
    {
        var command = new Command("restore", "Bring a backup into an empty place. One that was cut goes on when it is run again.") { s_path, s_data, s_config, s_json };
        command.SetAction((parsed, cancellationToken) => BackupWork.RunAsync(
            cut: "Run the same restore again: it goes on where it was.", () => RestoreAsync(parsed, cancellationToken)));
        return command;
    }

    private static async Task<int> RestoreAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var settings = new ServeSettings { Data = parsed.GetValue(s_data), Config = parsed.GetValue(s_config) };
        await using var reader = await BackupReader.OpenAsync(parsed.GetRequiredValue(s_path), cancellationToken);
        await using var installation = OpenedInstallation.Imagine(settings);
        var run = new RestoreRun(installation, BackupWork.Progress());
        var result = await run.RestoreAsync(reader, BackupWork.Databases(installation), cancellationToken);
        await BackupWork.PrintAsync(parsed.GetValue(s_json) ? Json(result, installation.Data.Root) : Text(result, installation.Data.Root));
        return result.Missing.Count == 0 ? 0 : BackupCommand.Incomplete;
    }

    private static string Text(RestoreResult result, string root)
    {
        var text = new System.Text.StringBuilder();
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"{root} is installation {result.About.Installation[..8]} as of {result.About.StartedAt:yyyy-MM-dd HH:mm:ss} UTC. What was revoked, disabled or deleted later is as it was then.");
        foreach (var left in result.Left)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"LEFT TO DO: {left}");
        }

        if (result.Missing is { Count: > 0 } missing)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"MISSING: {missing.Count} blobs, whose images have to be pushed again: {string.Join(", ", missing)}");
        }

        text.AppendLine(CultureInfo.InvariantCulture, $"Look at it with 'stagedoor doctor', and start it with 'stagedoor serve'.");
        return text.ToString();
    }

    private static string Json(RestoreResult result, string root) => BackupWork.Json(json =>
    {
        json.WriteString("data", root);
        json.WriteString("installation", result.About.Installation);
        json.WriteString("version", result.About.Version);
        json.WriteString("startedAt", result.About.StartedAt);
        BackupWork.Write(json, "missing", result.Missing);
        BackupWork.Write(json, "left", result.Left);
    });
}
