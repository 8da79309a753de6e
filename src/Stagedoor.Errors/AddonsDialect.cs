namespace Stagedoor.Errors;

/// <summary>The forms in which the add-on manager tells its errors.</summary>
public enum AddonsDialect
{
    /// <summary>Status and members as the founding document has them.</summary>
    Seed,

    /// <summary>Status and members of CCE's later releases beside those: what Terraform goes by.</summary>
    CceV3,
}
