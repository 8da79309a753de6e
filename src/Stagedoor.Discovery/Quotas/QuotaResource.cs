namespace Stagedoor.Discovery.Quotas;

/// <summary>What there can be too much of.</summary>
internal enum QuotaResource
{
    Service,
    Instance,
    Schema,
    Tag,
    Rule,
}
