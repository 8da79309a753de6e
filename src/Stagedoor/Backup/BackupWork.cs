using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Stagedoor.Commands;
using Stagedoor.Storage;

namespace Stagedoor.Backup;

/// <summary>What the verbs of backups have in common: faults become a line, and what was done is printed.</summary>
internal static class BackupWork
{
    /// <summary>Runs a verb; its exit code.</summary>
    /// <param name="cut">What a person is told whose run was cut.</param>
    /// <param name="work">The verb.</param>
    internal static async Task<int> RunAsync(string cut, Func<Task<int>> work)
    {
        try
        {
            return await work();
        }
        catch (StartupException e)
        {
            await Console.Error.WriteLineAsync($"stagedoor: {e.Message}");
        }
        catch (StorageException e)
        {
            await Console.Error.WriteLineAsync($"stagedoor: {(e.Fault is StorageFault.Full ? "The disk is full: " : "")}{e.Message} {cut}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"stagedoor: {e.Message} {cut}");
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"stagedoor: stopped. {cut}");
        }

        return 1;
    }

    internal static BackupProgress Progress() => new(Console.Error, !Console.IsErrorRedirected, TimeProvider.System);

    internal static IDatabaseSnapshot Snapshot(OpenedInstallation installation, bool takesDatabase) => installation.Storage.Database is "postgresql"
        ? new PostgreSqlDump(installation.Storage.PostgreSql!, takesDatabase)
        : takesDatabase
            ? new SqliteSnapshot(installation)
            : throw new StartupException("--without-database is for PostgreSQL: the files of SQLite are copied in a moment.");

    internal static IDatabaseRestore Databases(OpenedInstallation installation) => installation.Storage.Database is "postgresql"
        ? new PostgreSqlRestore(installation)
        : new SqliteRestore(installation.Data.Root);

    /// <summary>Answers when what was written is on the disk.</summary>
    internal static void Sync(FileStream file) => file.Flush(flushToDisk: true);

    internal static Task PrintAsync(string text) => Console.Out.WriteAsync(text);

    internal static string Json(Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Printable.Json(Encoding.UTF8.GetString(bytes.ToArray())) + "\n";
    }

    internal static void Write(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
