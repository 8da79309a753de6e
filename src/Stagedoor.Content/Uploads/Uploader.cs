namespace Stagedoor.Content.Uploads;

/// <summary>Who uploads. What an account has begun is its own: also where the name that it is for belongs to nobody yet.</summary>
/// <param name="AccountId">The account; each of its users may go on with what another one began, if he may write there.</param>
/// <param name="UserId">The user, whose open uploads are counted.</param>
public readonly record struct Uploader(string AccountId, string UserId)
{
    /// <summary>The uploader that a caller is.</summary>
    public static Uploader Of(Caller caller)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return new(caller.DomainId, caller.UserId);
    }
}
