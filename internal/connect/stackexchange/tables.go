package stackexchange

import (
	"context"
	"encoding/json"
	"iter"
	"strings"
	"time"
)

// Kinds of posts (Post.Kind). Others are pages of the site's own.
const (
	Question   = 1
	Answer     = 2
	WikiOrphan = 3
	TagExcerpt = 4
	TagWiki    = 5
)

// Post is a row of Posts.xml. Times are UTC; a zero time or number says that
// the dump has none.
type Post struct {
	Line                  int
	ID                    int64
	Kind                  int
	ParentID              int64 // of an answer: its question
	AcceptedAnswerID      int64
	Created               time.Time
	Score                 int
	Views                 int
	Body                  string // HTML
	OwnerUserID           int64  // 0: deleted or unknown; -1: the site itself
	OwnerDisplayName      string // what remains of a deleted owner
	LastEditorUserID      int64
	LastEditorDisplayName string
	LastEdited            time.Time
	LastActive            time.Time
	Closed                time.Time
	CommunityOwned        time.Time
	Title                 string // plain text
	Tags                  []string
	AnswerCount           int
	CommentCount          int
	FavoriteCount         int
	License               string // "CC BY-SA 4.0"; "" in old dumps
}

// Posts reads Posts.xml. An answer without ParentId and a post without Id,
// kind or date are reported.
func (d *Dump) Posts(ctx context.Context, bad Report) iter.Seq2[Post, error] {
	return each(ctx, d, PostsFile, bad, pickPost)
}

func pickPost(g *fields) Post {
	p := Post{
		Line:                  g.row.line,
		ID:                    g.number("Id", true),
		Kind:                  int(g.number("PostTypeId", true)),
		AcceptedAnswerID:      g.number("AcceptedAnswerId", false),
		Created:               g.time("CreationDate", true),
		Score:                 g.integer("Score"),
		Views:                 g.integer("ViewCount"),
		Body:                  g.text("Body"),
		OwnerUserID:           g.number("OwnerUserId", false),
		OwnerDisplayName:      g.text("OwnerDisplayName"),
		LastEditorUserID:      g.number("LastEditorUserId", false),
		LastEditorDisplayName: g.text("LastEditorDisplayName"),
		LastEdited:            g.time("LastEditDate", false),
		LastActive:            g.time("LastActivityDate", false),
		Closed:                g.time("ClosedDate", false),
		CommunityOwned:        g.time("CommunityOwnedDate", false),
		Title:                 g.text("Title"),
		Tags:                  parseTags(g.text("Tags")),
		AnswerCount:           g.integer("AnswerCount"),
		CommentCount:          g.integer("CommentCount"),
		FavoriteCount:         g.integer("FavoriteCount"),
		License:               g.text("ContentLicense"),
	}
	p.ParentID = g.number("ParentId", p.Kind == Answer)
	return p
}

// User is a row of Users.xml.
type User struct {
	Line        int
	ID          int64 // -1 is the site itself
	Reputation  int
	Created     time.Time
	DisplayName string
	LastSeen    time.Time
	Website     string
	Location    string
	About       string // HTML
	Views       int
	UpVotes     int
	DownVotes   int
	AccountID   int64
	EmailHash   string // MD5 of the e-mail address in hex; dumps until 2013 have it
}

// Users reads Users.xml.
func (d *Dump) Users(ctx context.Context, bad Report) iter.Seq2[User, error] {
	return each(ctx, d, UsersFile, bad, func(g *fields) User {
		return User{
			Line:        g.row.line,
			ID:          g.number("Id", true),
			Reputation:  g.integer("Reputation"),
			Created:     g.time("CreationDate", false),
			DisplayName: g.text("DisplayName"),
			LastSeen:    g.time("LastAccessDate", false),
			Website:     g.text("WebsiteUrl"),
			Location:    g.text("Location"),
			About:       g.text("AboutMe"),
			Views:       g.integer("Views"),
			UpVotes:     g.integer("UpVotes"),
			DownVotes:   g.integer("DownVotes"),
			AccountID:   g.number("AccountId", false),
			EmailHash:   g.text("EmailHash"),
		}
	})
}

// Comment is a row of Comments.xml. Its text is plain, with the small Markdown
// of comments (emphasis, code, links).
type Comment struct {
	Line            int
	ID              int64
	PostID          int64
	Score           int
	Text            string
	Created         time.Time
	UserID          int64 // 0: deleted
	UserDisplayName string
	License         string
}

// Comments reads Comments.xml.
func (d *Dump) Comments(ctx context.Context, bad Report) iter.Seq2[Comment, error] {
	return each(ctx, d, CommentsFile, bad, func(g *fields) Comment {
		return Comment{
			Line:            g.row.line,
			ID:              g.number("Id", true),
			PostID:          g.number("PostId", true),
			Score:           g.integer("Score"),
			Text:            g.text("Text"),
			Created:         g.time("CreationDate", true),
			UserID:          g.number("UserId", false),
			UserDisplayName: g.text("UserDisplayName"),
			License:         g.text("ContentLicense"),
		}
	})
}

// Kinds of votes (Vote.Kind) that say something of a post.
const (
	VoteAccepted = 1
	VoteUp       = 2
	VoteDown     = 3
	VoteFavorite = 5
)

// Vote is a row of Votes.xml. Who voted is not published; the day is.
type Vote struct {
	Line    int
	ID      int64
	PostID  int64
	Kind    int
	UserID  int64 // only of favourites and bounties
	Created time.Time
	Bounty  int
}

// Votes reads Votes.xml.
func (d *Dump) Votes(ctx context.Context, bad Report) iter.Seq2[Vote, error] {
	return each(ctx, d, VotesFile, bad, func(g *fields) Vote {
		return Vote{
			Line:    g.row.line,
			ID:      g.number("Id", true),
			PostID:  g.number("PostId", true),
			Kind:    int(g.number("VoteTypeId", true)),
			UserID:  g.number("UserId", false),
			Created: g.time("CreationDate", false),
			Bounty:  g.integer("BountyAmount"),
		}
	})
}

// Tag is a row of Tags.xml.
type Tag struct {
	Line          int
	ID            int64
	Name          string
	Count         int
	ExcerptPostID int64 // the Post of kind TagExcerpt that describes it
	WikiPostID    int64
}

// Tags reads Tags.xml.
func (d *Dump) Tags(ctx context.Context, bad Report) iter.Seq2[Tag, error] {
	return each(ctx, d, TagsFile, bad, func(g *fields) Tag {
		t := Tag{
			Line:          g.row.line,
			ID:            g.number("Id", false),
			Name:          strings.TrimSpace(g.text("TagName")),
			Count:         g.integer("Count"),
			ExcerptPostID: g.number("ExcerptPostId", false),
			WikiPostID:    g.number("WikiPostId", false),
		}
		if t.Name == "" {
			g.fail("TagName", "value_missing", "is missing")
		}
		return t
	})
}

// Kinds of history (History.Kind) that change what a reader sees.
const (
	FirstTitle    = 1
	FirstBody     = 2
	FirstTags     = 3
	EditTitle     = 4
	EditBody      = 5
	EditTags      = 6
	RollbackTitle = 7
	RollbackBody  = 8
	RollbackTags  = 9
	PostClosed    = 10
	PostReopened  = 11
	PostDeleted   = 12
	PostRestored  = 13
	PostLocked    = 14
	PostUnlocked  = 15
)

// History is a row of PostHistory.xml. Rows of one act share the Revision.
type History struct {
	Line            int
	ID              int64
	Kind            int
	PostID          int64
	Revision        string
	Created         time.Time
	UserID          int64
	UserDisplayName string
	Comment         string // what the editor said; of PostClosed the reason's number
	Text            string // the new title, Markdown body or tags; of PostClosed JSON
	License         string
}

// Tags reads the Text of a history of tags.
func (h History) Tags() []string { return parseTags(h.Text) }

// Originals returns the questions of which a PostClosed row says that this one
// is a duplicate.
func (h History) Originals() []int64 {
	if h.Kind != PostClosed || h.Text == "" {
		return nil
	}
	var v struct {
		OriginalQuestionIds []int64
	}
	if json.Unmarshal([]byte(h.Text), &v) != nil {
		return nil
	}
	return v.OriginalQuestionIds
}

// PostHistory reads PostHistory.xml.
func (d *Dump) PostHistory(ctx context.Context, bad Report) iter.Seq2[History, error] {
	return each(ctx, d, PostHistoryFile, bad, func(g *fields) History {
		return History{
			Line:            g.row.line,
			ID:              g.number("Id", true),
			Kind:            int(g.number("PostHistoryTypeId", true)),
			PostID:          g.number("PostId", true),
			Revision:        g.text("RevisionGUID"),
			Created:         g.time("CreationDate", true),
			UserID:          g.number("UserId", false),
			UserDisplayName: g.text("UserDisplayName"),
			Comment:         g.text("Comment"),
			Text:            g.text("Text"),
			License:         g.text("ContentLicense"),
		}
	})
}

// Kinds of links (Link.Kind).
const (
	LinkRelated   = 1
	LinkDuplicate = 3 // PostID is a duplicate of RelatedPostID
)

// Link is a row of PostLinks.xml.
type Link struct {
	Line          int
	ID            int64
	Created       time.Time
	PostID        int64
	RelatedPostID int64
	Kind          int
}

// PostLinks reads PostLinks.xml.
func (d *Dump) PostLinks(ctx context.Context, bad Report) iter.Seq2[Link, error] {
	return each(ctx, d, PostLinksFile, bad, func(g *fields) Link {
		return Link{
			Line:          g.row.line,
			ID:            g.number("Id", true),
			Created:       g.time("CreationDate", false),
			PostID:        g.number("PostId", true),
			RelatedPostID: g.number("RelatedPostId", true),
			Kind:          int(g.number("LinkTypeId", true)),
		}
	})
}

// Badge is a row of Badges.xml.
type Badge struct {
	Line     int
	ID       int64
	UserID   int64
	Name     string
	Given    time.Time
	Class    int // 1 gold, 2 silver, 3 bronze
	TagBased bool
}

// Badges reads Badges.xml.
func (d *Dump) Badges(ctx context.Context, bad Report) iter.Seq2[Badge, error] {
	return each(ctx, d, BadgesFile, bad, func(g *fields) Badge {
		return Badge{
			Line:     g.row.line,
			ID:       g.number("Id", true),
			UserID:   g.number("UserId", true),
			Name:     g.text("Name"),
			Given:    g.time("Date", false),
			Class:    g.integer("Class"),
			TagBased: strings.EqualFold(g.text("TagBased"), "true"),
		}
	})
}
