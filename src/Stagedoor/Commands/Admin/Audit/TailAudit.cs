using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Stagedoor.Commands.Admin.Audit;

/// <summary><c>stagedoor admin audit tail</c></summary>
internal static class TailAudit
{
    private const int PageSize = 200;
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(2);
    private static readonly JsonSerializerOptions s_line = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static Command Create()
    {
        var count = new Option<int>("--lines") { Description = "How many of the newest records.", HelpName = "N", DefaultValueFactory = static _ => 20 }.Between(1, PageSize, "");
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with new ones as they come, until stopped." };
        var user = new Option<string?>("--user") { Description = "Only what this user did.", HelpName = "NAME" };
        return ServerVerb.Create("tail", "The newest records of the account's audit log, the newest last; with --json one object a line.", [count, follow, user], async (call, cancellationToken) =>
        {
            var filter = call.Get(user) is { } name ? $"&user={Uri.EscapeDataString(name)}" : "";
            var page = (await call.Client.GetAsync(string.Create(CultureInfo.InvariantCulture, $"/v3/audit/records?limit={call.Get(count)}{filter}"), cancellationToken)).Items("traces");
            var shown = new Seen();
            Write(call, shown.New(page));
            while (call.Get(follow))
            {
                await Task.Delay(s_period, TimeProvider.System, cancellationToken);
                try
                {
                    Write(call, shown.New(await SinceAsync(call, filter, shown, cancellationToken)));
                }
                catch (CommandException e) when (e.ExitCode is ExitCode.Unreachable)
                {
                    // It may be about to be started again; what happens meanwhile is in the log afterwards.
                    ServerCall.Note($"{e.Message} Trying again.");
                }
            }
        });
    }

    // All pages back to what was shown.
    private static async Task<IReadOnlyList<JsonElement>> SinceAsync(ServerCall call, string filter, Seen shown, CancellationToken cancellationToken)
    {
        var records = new List<JsonElement>();
        string? marker = null;
        do
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"/v3/audit/records?from={shown.Since}&limit={PageSize}{filter}")
                + (marker is null ? "" : $"&marker={Uri.EscapeDataString(marker)}");
            var answer = await call.Client.GetAsync(path, cancellationToken);
            records.AddRange(answer.Items("traces"));
            marker = answer.Member("meta_data").FindText("marker");
        }
        while (marker is not null);

        return records;
    }

    private static void Write(ServerCall call, IEnumerable<JsonElement> records)
    {
        foreach (var record in records)
        {
            ServerCall.Write(call.IsJson ? Printable.Json(JsonSerializer.Serialize(record, s_line)) : Line(record));
        }
    }

    private static string Line(JsonElement record)
    {
        var time = DateTimeOffset.FromUnixTimeMilliseconds(record.Number("time")).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        var user = record.Member("user").FindText("name") ?? "-";
        var text = $"{time} {record.Text("service_type")} {record.Text("trace_name")} {record.FindText("resource_name") ?? "-"} by {user} from {record.FindText("source_ip") ?? "-"}: {record.Text("code")} {record.FindText("response")}";
        // Names are what callers sent, and must not move the cursor.
        return Printable.Of(text).TrimEnd();
    }

    // Records are listed by the time at which they happened and written a moment later, so that one may come behind a later one.
    private sealed class Seen
    {
        private const long Late = 60_000;
        private readonly Dictionary<string, long> _ids = new(StringComparer.Ordinal);
        private long _newest;
        private long _oldest;
        private bool _hasBegun;

        internal long Since => Math.Max(0, _newest - Late);

        /// <summary>Those of a list, newest first, that were not shown yet, the newest last.</summary>
        internal List<JsonElement> New(IReadOnlyList<JsonElement> newestFirst)
        {
            var records = newestFirst.Reverse().Where(r => _ids.TryAdd(r.Text("trace_id"), r.Number("time"))).ToList();
            if (!_hasBegun)
            {
                // What is older than the first page was not asked for.
                (_hasBegun, _oldest) = (true, records.Count > 0 ? records[0].Number("time") : 0);
            }

            records.RemoveAll(r => r.Number("time") < _oldest);
            _newest = records.Count > 0 ? Math.Max(_newest, records.Max(static r => r.Number("time"))) : _newest;
            foreach (var (id, _) in _ids.Where(p => p.Value < Since).ToList())
            {
                _ids.Remove(id);
            }

            return records;
        }
    }
}
