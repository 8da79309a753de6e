using System.CommandLine;
using Stagedoor.Images;
using Stagedoor.Serve;

namespace Stagedoor.Commands;

/// <summary><c>stagedoor doctor</c></summary>
internal static class DoctorCommand
{
    private static readonly Option<string?> s_data = new("--data") { Description = "Folder of the installation (default ./data).", HelpName = "DIR" };
    private static readonly Option<string?> s_urls = new("--urls") { Description = "Addresses it is to listen on.", HelpName = "URLS" };
    private static readonly Option<string?> s_config = new("--config") { Description = "JSON file with settings.", HelpName = "FILE" };

    private static readonly Option<bool> s_repair = new("--repair-store")
    {
        Description = "Compare the blob store with the rows. With --yes: put back what is aside and needed, set aside what no row speaks for, and collect again.",
    };

    private static readonly Option<bool> s_discard = new("--discard-aside")
    {
        Description = "With --repair-store --yes: also remove what is set aside, for good.",
    };

    private static readonly Option<string?> s_anew = new("--begin-anew")
    {
        Description = "Let a part that is lost for good begin empty: images, discovery, monitoring or blobs. With --yes it is done.",
        HelpName = "PART",
    };

    private static readonly Option<bool> s_yes = new("--yes") { Description = "Do it. Without it nothing is changed." };

    internal static Command Create()
    {
        var command = new Command("doctor", "Check settings, storage, ports, clock and certificates, and say what to do; make and change nothing unless told to.")
        {
            s_data, s_urls, s_config, s_repair, s_discard, s_anew, s_yes,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var settings = new ServeSettings { Data = parsed.GetValue(s_data), Urls = parsed.GetValue(s_urls), Config = parsed.GetValue(s_config) };
            try
            {
                return parsed.GetValue(s_anew) is { } part ? await BeginAnewAsync(settings, part, parsed.GetValue(s_yes), cancellationToken)
                    : parsed.GetValue(s_repair) ? await RepairAsync(settings, parsed, cancellationToken)
                    : await ExamineAsync(settings, cancellationToken);
            }
            catch (StartupException e)
            {
                await Console.Error.WriteLineAsync($"stagedoor: {e.Message}");
                return 1;
            }
        });
        return command;
    }

    private static async Task<int> ExamineAsync(ServeSettings settings, CancellationToken cancellationToken)
    {
        var (bad, warnings) = (0, 0);
        await foreach (var finding in Doctor.ExamineAsync(settings, cancellationToken))
        {
            bad += finding.IsBad ? 1 : 0;
            warnings += finding.IsWarning ? 1 : 0;
            var sign = finding.IsBad ? "BAD " : finding.IsWarning ? "warn" : "ok  ";
            await Console.Out.WriteLineAsync($"{sign} {finding.Subject}: {finding.Observation}");
            if (finding.Advice is { } advice)
            {
                await Console.Out.WriteLineAsync($"     {advice}");
            }
        }

        var with = warnings switch { 0 => "", 1 => ", with a warning", _ => $", with {warnings} warnings" };
        await Console.Out.WriteLineAsync(bad == 0 ? $"All is well{with}." : $"{bad} to mend{with}.");
        return bad == 0 ? 0 : 1;
    }

    private static async Task<int> BeginAnewAsync(ServeSettings settings, string part, bool isMeant, CancellationToken cancellationToken)
    {
        if (!isMeant)
        {
            await Console.Out.WriteLineAsync($"With --yes, {part} begins empty at the next start, if it is lost; what else there is stays. Nothing was changed.");
            return 0;
        }

        if (!await StagedoorHost.BeginAnewAsync(settings, part, cancellationToken))
        {
            throw new StartupException($"'{part}' is no part that is lost: only images, discovery, monitoring or blobs can begin anew, and only when nothing of them is there.");
        }

        await Console.Out.WriteLineAsync($"{part} begins empty at the next start.");
        return 0;
    }

    private static async Task<int> RepairAsync(ServeSettings settings, ParseResult parsed, CancellationToken cancellationToken)
    {
        await StagedoorHost.WithServicesAsync(settings, async services =>
        {
            var report = await ImagesModule.ExamineStoreAsync(services, cancellationToken);
            if (report.Objection is { } objection)
            {
                await Console.Out.WriteLineAsync($"Nothing is collected: {objection}");
            }

            await Console.Out.WriteLineAsync($"{report.Objects} objects in the store, {report.Unrecorded} of them without a row");
            await Console.Out.WriteLineAsync($"{report.Aside} objects aside ({report.AsideBytes} bytes), {report.Returning} of them needed by a row");
            await Console.Out.WriteLineAsync($"{report.Missing} rows whose bytes are nowhere{(report.Missing > 0 ? ": push these images again, or restore the store from a backup" : "")}");
            if (!parsed.GetValue(s_yes))
            {
                await Console.Out.WriteLineAsync("Nothing was changed; with --yes what is needed is put back, what no row speaks for is set aside, and the collector works again.");
                return;
            }

            var done = await ImagesModule.RepairStoreAsync(services, parsed.GetValue(s_discard), cancellationToken);
            await Console.Out.WriteLineAsync($"{done.PutBack} put back, {done.SetAside} set aside, {done.Discarded} of those aside removed.");
        }, cancellationToken);
        return 0;
    }
}
