using System.CommandLine;
using System.Globalization;
using Stagedoor.Backup;
using Stagedoor.Serve;

namespace Stagedoor.Commands;

/// <summary><c>stagedoor backup</c></summary>
internal static class BackupCommand
{
    /// <summary>The exit code of what was done, and is not all there.</summary>
    internal const int Incomplete = 2;

    private const double Mebibyte = 1024 * 1024;
    private static readonly Argument<string> s_path = new("PATH") { Description = "Folder, or file that ends with .tar, .tar.gz or .tgz." };
    private static readonly Option<string?> s_data = new("--data") { Description = "Folder of the installation (default ./data).", HelpName = "DIR" };
    private static readonly Option<string?> s_config = new("--config") { Description = "JSON file with settings.", HelpName = "FILE" };
    private static readonly Option<bool> s_keys = new("--with-keys") { Description = "Take the master key too; whoever reads the backup can read all secrets then." };
    private static readonly Option<string?> s_blobs = new Option<string?>("--blobs")
    {
        Description = "copy, or list for their names only (default copy; list where they are in S3).",
        HelpName = "copy|list",
    }.AcceptOnlyFromAmong("copy", "list");

    private static readonly Option<bool> s_without = new("--without-database") { Description = "With PostgreSQL: leave the rows to a pg_dump that was made before." };
    private static readonly Option<bool> s_verify = new("--verify") { Description = "Make none, but read the one that is there and look whether it is whole." };
    private static readonly Option<bool> s_json = new("--json") { Description = "Print what was done as JSON." };

    internal static Command Create()
    {
        var command = new Command("backup", "Back up an installation, also while it serves. The backup before stays until this one is whole.")
        {
            s_path, s_data, s_config, s_keys, s_blobs, s_without, s_verify, s_json,
        };
        command.SetAction((parsed, cancellationToken) => BackupWork.RunAsync(
            cut: "The backup before is as it was; made again into a folder it goes on where it was.",
            () => parsed.GetValue(s_verify) ? VerifyAsync(parsed, cancellationToken) : MakeAsync(parsed, cancellationToken)));
        return command;
    }

    private static async Task<int> MakeAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var path = parsed.GetRequiredValue(s_path);
        var settings = new ServeSettings { Data = parsed.GetValue(s_data), Config = parsed.GetValue(s_config) };
        await using var installation = OpenedInstallation.Open(settings);
        FolderOwner.Require(Path.Combine(installation.Data.Root, DataDirectory.MarkerName), "backup");
        BackupPlace.Require(path, installation);
        var request = new BackupRequest(path, parsed.GetValue(s_keys), parsed.GetValue(s_blobs) is { } blobs ? blobs is "copy" : null);
        await using IBackupTarget target = Directory.Exists(path) || !(ArchiveTarget.IsMeant(path) || File.Exists(path))
            ? FolderTarget.Open(path)
            : await ArchiveTarget.OpenAsync(path, cancellationToken);
        await using var snapshot = BackupWork.Snapshot(installation, !parsed.GetValue(s_without));
        var run = new BackupRun(installation, request, BackupWork.Progress(), TimeProvider.System);
        var result = await run.MakeAsync(target, snapshot, cancellationToken);
        await BackupWork.PrintAsync(parsed.GetValue(s_json) ? Json(result) : Text(result));
        return result.Manifest.Missing.Count == 0 ? 0 : Incomplete;
    }

    private static async Task<int> VerifyAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var reader = await BackupReader.OpenAsync(parsed.GetRequiredValue(s_path), cancellationToken);
        var damage = await BackupCheck.FindDamageAsync(reader, BackupWork.Progress(), cancellationToken);
        foreach (var problem in damage)
        {
            await Console.Error.WriteLineAsync($"stagedoor: {reader.Location}: {problem}");
        }

        var manifest = reader.Manifest!;
        await BackupWork.PrintAsync(parsed.GetValue(s_json)
            ? BackupWork.Json(json =>
            {
                Describe(json, reader.Location, manifest);
                BackupWork.Write(json, "damage", damage);
            })
            : damage.Count > 0
                ? $"{reader.Location} is damaged: {damage.Count} of its files. Take another backup into a new place.\n"
                : $"{reader.Location} is whole: {Summary(manifest)}\n");
        return damage.Count == 0 ? 0 : 1;
    }

    private static string Text(BackupResult result)
    {
        var text = new System.Text.StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{result.Location} is a backup of {Summary(result.Manifest)}");
        if (result.Manifest.HasBlobs)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"Copied now: {result.Copied} blobs, {result.CopiedBytes / Mebibyte:0.0} MiB.");
        }

        foreach (var left in result.Left)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"NOT in it: {left}");
        }

        if (result.Manifest.Missing is { Count: > 0 } missing)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"NOT in it: {missing.Count} blobs that are missing or damaged in the blob store: {string.Join(", ", missing)}");
        }

        return text.ToString();
    }

    private static string Summary(BackupManifest manifest) => string.Create(
        CultureInfo.InvariantCulture,
        $"installation {manifest.About.Installation[..8]} as of {manifest.About.StartedAt:yyyy-MM-dd HH:mm:ss} UTC, by stagedoor {manifest.About.Version}: {manifest.About.Databases.Count} databases, "
        + $"{manifest.Blobs.Count} blobs ({manifest.Blobs.Sum(static b => b.Size) / Mebibyte:0.0} MiB{(manifest.HasBlobs ? "" : ", listed only")}).");

    private static string Json(BackupResult result) => BackupWork.Json(json =>
    {
        Describe(json, result.Location, result.Manifest);
        json.WriteNumber("copiedBlobs", result.Copied);
        json.WriteNumber("copiedBytes", result.CopiedBytes);
        BackupWork.Write(json, "left", result.Left);
    });

    private static void Describe(System.Text.Json.Utf8JsonWriter json, string location, BackupManifest manifest)
    {
        json.WriteString("path", location);
        json.WriteString("installation", manifest.About.Installation);
        json.WriteString("version", manifest.About.Version);
        json.WriteString("startedAt", manifest.About.StartedAt);
        json.WriteString("finishedAt", manifest.FinishedAt);
        json.WriteNumber("databases", manifest.About.Databases.Count);
        json.WriteNumber("blobs", manifest.Blobs.Count);
        json.WriteNumber("blobBytes", manifest.Blobs.Sum(static b => b.Size));
        json.WriteBoolean("hasBlobs", manifest.HasBlobs);
        BackupWork.Write(json, "missing", manifest.Missing);
    }
}
