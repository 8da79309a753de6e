using System.CommandLine;
using Stagedoor.Commands.Admin.Offline;
using Stagedoor.Gateway;

namespace Stagedoor.Commands.Admin.Audit;

/// <summary><c>stagedoor admin audit verify</c></summary>
internal static class VerifyAudit
{
    internal static Command Create() => OfflineVerb.Create(
        "verify",
        "Look whether the audit log is as it was written: nothing changed, taken out, put in or cut off.",
        [],
        "restore a backup of it elsewhere and verify that, or read its records with 'stagedoor admin audit tail'.",
        static async (_, services, cancellationToken) =>
        {
            var check = await GatewayModule.VerifyAuditAsync(services, cancellationToken);
            var isIntact = check.Problems.Count == 0;
            foreach (var problem in check.Problems)
            {
                await Console.Error.WriteLineAsync($"stagedoor: {problem}");
            }

            ServerCall.Write(
                $"{check.Records} records of {check.Chains} processes: {(isIntact ? "as they were written" : $"{check.Problems.Count} problems")}"
                + (check.Unkeyed > 0 ? $"; {check.Unkeyed} are of a version whose hashes had no key, and prove less" : "") + ".");
            return isIntact ? ExitCode.Success : ExitCode.Failure;
        });
}
