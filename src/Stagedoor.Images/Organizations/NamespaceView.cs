namespace Stagedoor.Images.Organizations;

/// <summary>An organization as the API shows it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="CreatorName">Who created it.</param>
/// <param name="Auth">What the caller may do in it: 7, 3, 1, or 0 when a grant on one of its repositories is all.</param>
internal sealed record NamespaceView(long Id, string Name, string CreatorName, int Auth);

/// <summary>An organization in a list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="CreatorName">Who created it.</param>
/// <param name="Auth">What the caller may do in it.</param>
/// <param name="AccessUserCount">How many users have a grant in it.</param>
/// <param name="RepoCount">How many repositories it has.</param>
/// <param name="UserCount">The same as <paramref name="AccessUserCount"/>, as older clients spell it.</param>
/// <param name="ImageCount">How many tags its repositories have.</param>
internal sealed record NamespaceListItem(
    long Id, string Name, string CreatorName, int Auth, long AccessUserCount, long RepoCount, long UserCount, long ImageCount);
