namespace Stagedoor.Http.Decisions;

/// <summary>Sentences that say which grant would let a refused call pass, in commands that exist.</summary>
public static class Grants
{
    /// <summary>A role, in the project that the call acts in or in the whole account.</summary>
    public static string OfRole(string role, bool inProject) =>
        $"Let an administrator of the account run: stagedoor admin role grant {{user}} {role}{(inProject ? " --project {project}" : "")}";

    /// <summary>A right in an organization of images.</summary>
    /// <param name="organization">The organization.</param>
    /// <param name="right">1 to pull, 3 to push, 7 to manage.</param>
    public static string OfOrganization(string organization, int right) =>
        $"Let somebody who manages the organization run: stagedoor admin org grant {organization} {{user}} {(right <= 1 ? "pull" : right <= 3 ? "push" : "manage")}";

    /// <summary>The step of a limit that is reached.</summary>
    /// <param name="what">What is counted.</param>
    /// <param name="used">How much there is; null where nobody counted.</param>
    /// <param name="limit">The limit.</param>
    /// <param name="setting">The setting that holds the limit.</param>
    public static DecisionStep OfQuota(string what, long? used, long limit, string setting)
    {
        var text = limit.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return new(
            DecisionStage.Quota,
            new("limits", what),
            new("used", (used ?? limit).ToString(System.Globalization.CultureInfo.InvariantCulture)),
            new("limit", text),
            new("setting", setting))
        {
            Change = $"Delete {what} that nobody needs, or let the operator raise the setting {setting}, which is {text}.",
        };
    }
}
