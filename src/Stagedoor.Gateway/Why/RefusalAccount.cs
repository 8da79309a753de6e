using System.Globalization;
using System.Text.Json;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Decisions;
using Stagedoor.Storage;

namespace Stagedoor.Gateway.Why;

/// <summary>Gives account of a refused request: whose it is, which way it came, and what to change.</summary>
internal sealed class RefusalAccount(IIdentities identities, NearestRoute routes, RefusalStore store, IdSource ids)
{
    private const int MaxFact = 4000;

    private const string Passed = "passed";
    private const string Refused = "refused";

    /// <exception cref="StorageException">The directory of keys does not answer.</exception>
    public async Task<RefusalRow> MakeAsync(Refusal refusal, CancellationToken cancellationToken)
    {
        var key = refusal.AccessKey is { } name ? await identities.FindAccessKeyAsync(name, cancellationToken) : null;
        if (refusal.Caller is null && refusal.Owner is null && key is not null && await identities.FindOwnerAsync(key, cancellationToken) is { } owner)
        {
            refusal = refusal with { Owner = new(owner.UserId, owner.UserName, owner.DomainId, owner.DomainName) };
        }

        var stage = Stages.Of(refusal);
        var nearest = stage is DecisionStage.Route ? routes.Find(refusal.Path, refusal.Listener) : null;
        SignatureFinding? found = null;
        List<DecisionFact> ofSignature = [];
        if (refusal.Signature is { } signature)
        {
            var parts = CanonicalParts.Of(signature);
            ofSignature.Add(new("canonical request", parts.Describe()));
            if (key is not null)
            {
                found = SignatureDiagnosis.Find(signature, parts, key.Secret, out var tried);
                ofSignature.AddRange(found is not null
                    ? [new("first difference", found.Part), new("computed", found.Ours), new("signed", found.Signed)]
                    : [new("first difference", "none found"), new("mistakes tried", Number(tried))]);
            }
        }

        var refused = new Refused
        {
            Time = refusal.Time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
            Kind = "request",
            RequestId = refusal.RequestId,
            RefusedBy = stage,
            Change = Advice.Of(refusal, stage, nearest, found),
            Code = refusal.Code,
            Message = refusal.Error is { } error ? ErrorWriter.TextOf(error) : refusal.Said ?? "",
            Status = refusal.Status,
            Method = refusal.Method,
            Path = refusal.Path,
            Operation = refusal.Operation,
            User = refusal.Caller?.UserName ?? refusal.Owner?.Name ?? refusal.AccountName,
            Account = refusal.Caller?.DomainName ?? refusal.Owner?.DomainName,
            Steps = [.. StepsOf(refusal, stage, nearest, ofSignature)],
        };

        // The account finds a miss by its id; among the last ones of a user it is not.
        var userId = refusal.IsMiss ? "" : refusal.Caller?.UserId ?? refusal.Owner?.Id ?? "";
        return RowOf(refused, ids.NewId(), refusal.Time, refusal.Caller?.DomainId ?? refusal.Owner?.DomainId ?? "", userId);
    }

    /// <summary>The row of a refusal.</summary>
    public static RefusalRow RowOf(Refused refused, string id, DateTimeOffset time, string domainId, string userId) => new()
    {
        Id = id,
        RequestId = refused.RequestId,
        OccurredAt = time.ToUnixTimeMilliseconds(),
        DomainId = domainId,
        UserId = userId,
        Code = refused.Code,
        Document = JsonSerializer.Serialize(refused, WhyJson.Wire.Refused),
    };

    private IEnumerable<Refused.Step> StepsOf(Refusal refusal, string refusing, NearRoute? nearest, List<DecisionFact> ofSignature)
    {
        foreach (var stage in DecisionStage.InOrder)
        {
            var isRefusing = string.Equals(stage, refusing, StringComparison.Ordinal);
            var facts = FactsOf(refusal, stage, isRefusing, nearest);
            facts.AddRange(refusal.Steps.Where(s => string.Equals(s.Stage, stage, StringComparison.Ordinal)).SelectMany(static s => s.Facts));
            if (isRefusing)
            {
                facts.AddRange(RefusedFacts(refusal, ofSignature));
            }

            if (facts.Count > 0 || isRefusing)
            {
                yield return new(stage, isRefusing ? Refused : Passed, [.. facts.Where(static f => f.Value.Length > 0).Select(static f => f with { Value = Text.Repair(Text.Cut(f.Value, MaxFact)) })]);
            }

            if (isRefusing)
            {
                yield break;
            }
        }
    }

    private static List<DecisionFact> FactsOf(Refusal refusal, string stage, bool isRefusing, NearRoute? nearest) => stage switch
    {
        DecisionStage.Arrival =>
        [
            new("request", $"{refusal.Method} {refusal.Target}"), new("scheme", refusal.Scheme), new("address", refusal.Address ?? ""), new("port", refusal.Listener ?? ""),
        ],
        DecisionStage.Route when isRefusing => [new("path", refusal.Path), new("nearest route", nearest is { } near ? $"{near.Methods} {near.Template}" : "none"), new("served at", nearest is { IsElsewhere: true } other ? other.Port : ""), new("served with", refusal.AllowedMethods ?? "")],
        DecisionStage.Route => [new("route", refusal.Template ?? "none"), new("operation", refusal.Operation ?? "")],
        DecisionStage.Throttle when isRefusing => [new("come again after", refusal.RetryAfter is { } after ? $"{after} s" : "")],
        DecisionStage.Authentication => OfAuthentication(refusal),
        DecisionStage.Tenant when refusal.Caller is { } caller =>
            [new("account", caller.DomainName), new("acts in project", caller.ProjectName ?? "none: the account as a whole"), new("project of the path", refusal.Project ?? "")],
        DecisionStage.Tenant => [new("project of the path", refusal.Project ?? "")],
        DecisionStage.Policy when refusal.Caller is { } caller => [new("roles", RolesOf(caller))],
        DecisionStage.Handler when refusal.Operation is not null => [new("operation", refusal.Operation)],
        _ => [],
    };

    private static List<DecisionFact> OfAuthentication(Refusal refusal) =>
    [
        new("demanded by", refusal.Auth switch { AuthMode.Iam => "the gateway", AuthMode.Passthrough => "the service", _ => "nobody" }),
        new("credentials found", refusal.Credentials.Count == 0 ? "none" : string.Join(", ", refusal.Credentials)),
        new("access key", refusal.Caller?.AccessKey ?? refusal.AccessKey ?? ""),
        new("user", refusal.Caller?.UserName ?? refusal.Owner?.Name ?? refusal.AccountName ?? ""),
    ];

    private IEnumerable<DecisionFact> RefusedFacts(Refusal refusal, List<DecisionFact> ofSignature)
    {
        var error = refusal.Error;
        foreach (var fact in error?.Decision?.Facts ?? [])
        {
            yield return fact;
        }

        foreach (var (name, value) in error?.Facts ?? [])
        {
            yield return new(name, value);
        }

        foreach (var fact in ofSignature)
        {
            yield return fact;
        }

        if (Stages.FindFault(error) is { } fault)
        {
            yield return new("store", fault.Store is StorageSource.Database ? $"database ({store.Engine})" : "blobs");
            yield return new("fault", NameOf(fault.Fault));
            yield return new("statement", fault.Statement ?? "");
        }
        else if (error?.Error == GatewayCodes.Internal)
        {
            yield return new("fault", "one that nobody foresaw; the server's log has it under this request id");
        }

        yield return new("status", Number(refusal.Status));
        yield return new("status of gRPC", refusal.GrpcStatus ?? "");
        yield return new("code", refusal.Code);
        if (error is not null && ofSignature.Count == 0)
        {
            yield return new("detail", error.Detail.Length > 0 ? error.Detail : error.Oci?.Message ?? error.Text ?? "");
        }
        else if (error is null && !refusal.Steps.Any(static s => s.Facts.Any(static f => f.Name is "detail")))
        {
            yield return new("detail", refusal.Said ?? "");
        }
    }

    private static string RolesOf(Caller caller) =>
        caller.IsAccountRoot ? "all: the account's root user" : caller.Roles.Count == 0 ? "none" : string.Join(", ", caller.Roles);

    private static string NameOf(StorageFault fault) => fault switch
    {
        StorageFault.Unavailable => "cannot be reached",
        StorageFault.Busy => "held by another transaction for too long",
        StorageFault.InputOutput => "the disk cannot be read or written",
        StorageFault.Full => "no room left",
        StorageFault.Corrupt => "what is stored is not what was written",
        StorageFault.Gone => "a part that was dropped",
        StorageFault.Refused => "a value that it can never hold",
        StorageFault.CannotCreate => "a place for new content cannot be made",
        _ => "failed",
    };

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
